import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from devserve.ca import leaf
from devserve.config.values import Origin, UpstreamTls
from devserve.errors import StreamLostError, UpstreamError
from devserve.http1 import EndOfMessage, Headers, Request, Response
from devserve.io.proxy import upstream
from devserve.io.proxy.sni import context_of
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.upstream import OWN, Upstream, Upstreams, dial
from devserve.io.proxy.upstream_tls import context_for
from devserve.proxy.routes import Route
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


@cache
def route_to(origin: Origin) -> Route:
    return Route("web.test", "/", origin)


async def connected(upstreams: Upstreams, origin: Origin, *, new: bool = False) -> Upstream:
    route = route_to(origin)
    return (None if new else upstreams.take(route, asyncio.get_running_loop().time())) or await upstreams.dial(
        route, seconds=5
    )


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
        first = await connected(upstreams, origin)
        await exchanged(first)
        upstreams.release(first)
        again = await connected(upstreams, origin)
        assert again is first
        assert again.reused
        await exchanged(again)
        upstreams.release(again)
        other = await connected(upstreams, origin, new=True)
        assert other is not first
        upstreams.release(other)  # no exchange: closed
        await until(lambda: other.stream.lost)
        upstreams.close()
        sweeper.close()
        server.close()
        await until(lambda: first.stream.lost)

    run(conversation())


@pytest.mark.parametrize(("sweep", "idle", "is_asked_for"), [(0.01, 0.05, False), (0.2, 0.0, True)])
def test_idle_connections_are_closed_in_time_and_so_is_one_too_old_for_a_request(
    monkeypatch, sweep, idle, is_asked_for
):
    async def conversation() -> None:
        monkeypatch.setattr(upstream, "SWEEP_SECONDS", sweep)
        monkeypatch.setattr("devserve.proxy.pool.IDLE_SECONDS", idle)
        server = await asyncio.start_server(answering(ANSWER, ANSWER), "127.0.0.1", 0)
        upstreams = Upstreams(Sweeper(), no_own_pages)
        origin = Origin(port=server.sockets[0].getsockname()[1])
        connection = await connected(upstreams, origin)
        await exchanged(connection)
        upstreams.release(connection)
        if is_asked_for:
            assert upstreams.take(connection.route, connection.stream.loop.time()) is None
            assert not connection.stream.lost
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
        stream = await dial(Origin(host="localhost", port=server.sockets[0].getsockname()[1]), None, 5)
        stream.close()
        await until(lambda: peer.accepted == 1 and stream.lost)
        server.close()

    run(conversation())


def test_a_unix_socket_is_dialled(tmp_path):
    async def conversation() -> None:
        path = str(tmp_path / "app.sock")
        peer = Peer()
        server = await asyncio.start_unix_server(peer.hang_up, path)
        stream = await dial(Origin(unix_path=path), None, 5)
        stream.close()
        await until(lambda: peer.accepted == 1 and stream.lost)
        server.close()

    run(conversation())


@asynccontextmanager
async def https(*answers: bytes, name: str = "localhost") -> AsyncIterator[int]:
    """Answer over TLS with a certificate of our own authority; yield the port."""
    context = context_of(leaf.mint(authority(), name, datetime.now(UTC)))
    server = await asyncio.start_server(answering(*answers), "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    file.write_bytes(authority().root.pem)
    return file


def test_an_https_origin_is_verified_by_its_own_certificates(ca):
    async def conversation() -> None:
        async with https(ANSWER) as port:
            upstreams = Upstreams(Sweeper(), no_own_pages)
            origin = Origin("https", "localhost", port, tls=UpstreamTls(ca=ca))
            connection = await connected(upstreams, origin)
            await exchanged(connection)
            connection.stream.abort()
            with pytest.raises(UpstreamError, match=r"certificate was refused.*ca = .*verify = false"):
                await connected(upstreams, replace(origin, tls=None))
            await until(lambda: connection.stream.lost)

    run(conversation())


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (UpstreamTls(), "server_name = "),
        (UpstreamTls(server_name="other.test"), "server_name = "),
        (UpstreamTls(server_name="staging.test"), ""),
    ],
)
def test_an_https_origin_may_have_another_name(ca, settings, error):
    async def conversation() -> None:
        async with https(name="staging.test") as port:
            origin = Origin("https", "127.0.0.1", port, tls=replace(settings, ca=ca))
            upstreams = Upstreams(Sweeper(), no_own_pages)
            refused = pytest.raises(UpstreamError, match=error) if error else nullcontext()
            with refused:
                connection = await connected(upstreams, origin, new=True)
                connection.stream.abort()
                await until(lambda: connection.stream.lost)

    run(conversation())


def test_connections_with_different_tls_settings_are_never_shared(ca):
    async def conversation() -> None:
        async with https(ANSWER, ANSWER) as port:
            upstreams = Upstreams(Sweeper(), no_own_pages)
            trusted = Origin("https", "localhost", port, tls=UpstreamTls(ca=ca))
            believed = Origin("https", "localhost", port, tls=UpstreamTls(verify=False))
            first = await connected(upstreams, believed)
            await exchanged(first)
            upstreams.release(first)
            other = await connected(upstreams, trusted)
            assert not other.reused
            other.stream.abort()
            assert await connected(upstreams, replace(believed)) is first
            first.stream.abort()
            upstreams.close()
            await until(lambda: first.stream.lost and other.stream.lost)

    run(conversation())


def test_a_context_is_made_once_for_each_setting(ca, monkeypatch):
    made: list[UpstreamTls] = []

    def counted(settings: UpstreamTls) -> ssl.SSLContext:
        made.append(settings)
        return context_for(settings)

    async def conversation() -> None:
        monkeypatch.setattr(upstream, "context_for", counted)
        async with https() as port:
            upstreams = Upstreams(Sweeper(), no_own_pages)
            for name in ("localhost", "127.0.0.1", "localhost"):
                origin = Origin("https", name, port, tls=UpstreamTls(ca=ca, server_name="localhost"))
                connection = await connected(upstreams, origin, new=True)
                connection.stream.abort()
                await until(lambda stream=connection.stream: stream.lost)
        assert len(made) == 1

    run(conversation())


def test_a_file_that_was_mended_is_read_again(ca):
    async def conversation() -> None:
        whole = ca.read_bytes()
        ca.write_text("")
        async with https() as port:
            upstreams = Upstreams(Sweeper(), no_own_pages)
            origin = Origin("https", "localhost", port, tls=UpstreamTls(ca=ca))
            with pytest.raises(UpstreamError, match=r"ca\.pem.*cannot be used"):
                await connected(upstreams, origin, new=True)
            ca.write_bytes(whole)
            connection = await connected(upstreams, origin, new=True)
            connection.stream.abort()
            await until(lambda: connection.stream.lost)

    run(conversation())


def test_a_server_that_speaks_no_tls_is_told_apart():
    async def conversation() -> None:
        async def blurt(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(blurt, "127.0.0.1", 0)
        with pytest.raises(UpstreamError, match="write http:// in upstream"):
            await dial(Origin("https", port=server.sockets[0].getsockname()[1]), trusting(), 5)
        server.close()

    run(conversation())


def test_a_server_that_does_not_shake_hands_is_given_up_in_time():
    async def conversation() -> None:
        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()  # until the client has gone
            writer.close()

        server = await asyncio.start_server(wait, "127.0.0.1", 0)
        with pytest.raises(UpstreamError, match=r"no answer within 0\.05 s"):
            await dial(Origin("https", port=server.sockets[0].getsockname()[1]), trusting(), 0.05)
        server.close()

    run(conversation())


@pytest.mark.parametrize(
    ("origin", "sentence"),
    [
        (Origin(port=free_port()), "refused"),
        (Origin(unix_path="/nowhere/app.sock"), "no such file"),
        (Origin(host="nowhere.invalid", port=1), "^[a-z][^0-9]*$"),
    ],
)
def test_says_why_nothing_answers(origin, sentence):
    async def conversation() -> None:
        with pytest.raises(UpstreamError, match=sentence):
            await dial(origin, None, 5)

    run(conversation())


def test_own_pages_are_reached_without_a_port():
    async def conversation() -> None:
        ours, theirs = socket.socketpair()
        upstreams = Upstreams(Sweeper(), lambda: ours)
        connection = await connected(upstreams, OWN)
        theirs.sendall(ANSWER)
        await exchanged(connection)
        connection.stream.close()
        theirs.close()
        await until(lambda: connection.stream.lost)

    run(conversation())


async def speak_tls(script) -> tuple[asyncio.Server, Origin]:
    context = context_of(leaf.mint(authority(), "localhost", datetime.now(UTC)))
    server = await asyncio.start_server(script, "127.0.0.1", 0, ssl=context)
    return server, Origin("https", "localhost", server.sockets[0].getsockname()[1])


def test_bytes_go_both_ways_over_tls_and_each_direction_ends_alone():
    async def question_then_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        await writer.drain()
        writer.close()

    async def conversation() -> None:
        server, origin = await speak_tls(question_then_answer)
        stream = await dial(origin, trusting(), 5.0)
        stream.write(b"question")
        assert await stream.read() == b"QUESTION"
        assert await stream.read() == b""
        stream.write_eof()
        stream.close()
        server.close()
        await until(lambda: stream.lost)

    run(conversation())


def test_an_end_without_tls_goodbye_is_a_loss():
    async def cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"half")
        await writer.drain()
        await reader.read(100)
        writer.transport.abort()

    async def conversation() -> None:
        server, origin = await speak_tls(cut_off)
        stream = await dial(origin, trusting(), 5.0)
        assert await stream.read() == b"half"
        stream.write(b"go on")
        with pytest.raises(StreamLostError):
            await stream.read()
        server.close()
        await until(lambda: stream.lost)

    run(conversation())
