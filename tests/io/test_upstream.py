import asyncio
import socket
import ssl
from datetime import UTC, datetime

import pytest

from devserve.ca import leaf
from devserve.config.values import Origin
from devserve.errors import UpstreamError
from devserve.http1 import EndOfMessage, Headers, Request, Response
from devserve.io import upstream
from devserve.io.sni import context_of
from devserve.io.streams import Sweeper
from devserve.io.upstream import OWN, Upstream, Upstreams, dial
from support.authority import authority, trusting
from support.proxied import answering, free_port, no_own_pages, run, until

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
REQUEST = Request(b"GET", b"/", Headers([(b"Host", b"web.test")]))


class Peer:
    """A server that hangs up on everybody and counts whom."""

    def __init__(self) -> None:
        self.accepted = 0

    async def hang_up(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        writer.transport.abort()


async def exchanged(connection: Upstream) -> None:
    connection.queue(REQUEST)
    connection.queue(EndOfMessage())
    await connection.flush()
    assert isinstance(await connection.receive(), Response)
    assert isinstance(await connection.receive(), EndOfMessage)


def test_a_connection_is_used_again_unless_that_is_not_allowed():
    async def conversation() -> None:
        server = await asyncio.start_server(answering(ANSWER, ANSWER, ANSWER), "127.0.0.1", 0)
        origin = Origin(port=server.sockets[0].getsockname()[1])
        sweeper = Sweeper()
        upstreams = Upstreams(sweeper, no_own_pages)
        first = await upstreams.connect(origin, may_reuse=True)
        await exchanged(first)
        upstreams.release(first)
        again = await upstreams.connect(origin, may_reuse=True)
        assert again is first
        assert again.reused
        await exchanged(again)
        upstreams.release(again)
        other = await upstreams.connect(origin, may_reuse=False)
        assert other is not first
        upstreams.release(other)  # no exchange: closed
        await until(lambda: other.stream.lost)
        upstreams.close()
        sweeper.close()
        server.close()
        await until(lambda: first.stream.lost)

    run(conversation())


def test_idle_connections_are_closed_in_time(monkeypatch):
    async def conversation() -> None:
        monkeypatch.setattr(upstream, "SWEEP_SECONDS", 0.01)
        monkeypatch.setattr("devserve.proxy.pool.IDLE_SECONDS", 0.05)
        server = await asyncio.start_server(answering(ANSWER, ANSWER), "127.0.0.1", 0)
        upstreams = Upstreams(Sweeper(), no_own_pages)
        connection = await upstreams.connect(Origin(port=server.sockets[0].getsockname()[1]), may_reuse=True)
        await exchanged(connection)
        upstreams.release(connection)
        await until(lambda: connection.stream.lost)
        upstreams.close()
        server.close()

    run(conversation())


def test_a_server_that_listens_on_one_loopback_address_only_is_found():
    async def conversation() -> None:
        peer = Peer()
        try:
            server = await asyncio.start_server(peer.hang_up, "::1", 0)
        except OSError:
            pytest.skip("this machine has no IPv6")
        stream = await dial(Origin(host="localhost", port=server.sockets[0].getsockname()[1]), trusting())
        stream.close()
        await until(lambda: peer.accepted == 1 and stream.lost)
        server.close()

    run(conversation())


def test_a_unix_socket_is_dialled(tmp_path):
    async def conversation() -> None:
        path = str(tmp_path / "app.sock")
        peer = Peer()
        server = await asyncio.start_unix_server(peer.hang_up, path)
        stream = await dial(Origin(unix_path=path), trusting())
        stream.close()
        await until(lambda: peer.accepted == 1 and stream.lost)
        server.close()

    run(conversation())


def test_an_https_origin_is_verified():
    async def conversation() -> None:
        context = context_of(leaf.mint(authority(), "localhost", datetime.now(UTC)))
        peer = Peer()
        server = await asyncio.start_server(peer.hang_up, "127.0.0.1", 0, ssl=context)
        origin = Origin("https", "localhost", server.sockets[0].getsockname()[1])
        stream = await dial(origin, trusting())
        stream.close()
        await until(lambda: peer.accepted == 1)
        with pytest.raises(UpstreamError, match="certificate"):
            await dial(origin, ssl.create_default_context())
        server.close()
        await until(lambda: stream.lost)

    run(conversation())


@pytest.mark.parametrize(
    ("origin", "sentence"),
    [
        (Origin(port=free_port()), "refused"),
        (Origin(unix_path="/nowhere/app.sock"), "no such file"),
        (Origin(host="nowhere.invalid", port=1), "(?i)name"),
    ],
)
def test_says_why_nothing_answers(origin, sentence):
    async def conversation() -> None:
        with pytest.raises(UpstreamError, match=sentence):
            await dial(origin, trusting())

    run(conversation())


def test_own_pages_are_reached_without_a_port():
    async def conversation() -> None:
        ours, theirs = socket.socketpair()
        upstreams = Upstreams(Sweeper(), lambda: ours)
        connection = await upstreams.connect(OWN, may_reuse=True)
        theirs.sendall(ANSWER)
        await exchanged(connection)
        connection.stream.close()
        theirs.close()
        await until(lambda: connection.stream.lost)

    run(conversation())
