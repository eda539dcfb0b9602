import os
import socket
from functools import partial
from time import perf_counter

import pytest

from devserve.ca import leaf
from devserve.io.loop import SHORTAGES
from devserve.io.proxy import listeners
from devserve.io.proxy.binding import Bound
from devserve.io.proxy.listeners import Listeners
from devserve.io.proxy.sni import Certificates
from devserve.proxy.access import Access
from support.authority import authority, trusting
from support.proxied import answering, listening, proxied, run, until

TIMES_STARVED = 3


def test_serves_over_tls_and_explains_itself_to_plain_http():
    async def conversation() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        async with proxied(answering(answer)) as proxy:
            certificates = Certificates(partial(leaf.mint, authority()))
            certificates.add(["web.test"])
            https = Listeners(proxy.site, proxy.sweeper)
            bound = listening()
            https.take_https(bound, certificates)
            await https.serve()
            proxy.port = bound.port
            request = b"GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n"
            assert (await proxy.ask(request, ssl=trusting(), server_hostname="web.test")).endswith(b"ok")
            misdirected = request.replace(b"web.test", b"own.test")
            answer = await proxy.ask(misdirected, ssl=trusting(), server_hostname="web.test")
            assert answer.startswith(b"HTTP/1.1 421 ")
            told: list[Access] = []
            proxy.site.ended = lambda entry: told.append(entry.record())
            plain = await proxy.ask(request)
            assert plain.startswith(b"HTTP/1.1 400 ")
            await until(lambda: [(each.scheme, each.target, each.status) for each in told] == [("http", "/", 400)])
            assert b"https://web.test:%d/" % bound.port in plain
            assert await proxy.ask(b"\x00\x01rubbish\r\n\r\n") == b""
            await https.close()

    run(conversation())


@pytest.mark.parametrize("code", SHORTAGES)
def test_what_cannot_be_accepted_now_is_accepted_later_and_nobody_asks_without_end(code, monkeypatch, caplog):
    asked: list[float] = []

    class Starved(socket.socket):
        def accept(self):
            asked.append(perf_counter())
            if len(asked) <= TIMES_STARVED:
                raise OSError(code, os.strerror(code))
            return super().accept()

    async def conversation() -> None:
        async with proxied(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as proxy:
            (server,) = listening().sockets
            short = Listeners(proxy.site, proxy.sweeper)
            proxy.port = server.getsockname()[1]
            short.take_http(Bound([Starved(fileno=server.detach())], proxy.port, loopback_only=False))
            await short.serve()
            assert (await proxy.ask(b"GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n")).endswith(b"ok")
            await short.close()

    monkeypatch.setattr(listeners, "PAUSE", 0.05)
    run(conversation())
    assert [record.message.partition(":")[0] for record in caplog.records] == ["new connections wait"] * TIMES_STARVED
    assert asked[TIMES_STARVED] - asked[0] > TIMES_STARVED * 0.05 / 2  # a timer may be early by its resolution


def test_small_pieces_are_sent_at_once():
    """Nagle's algorithm would keep the second event of a stream back until the first is acknowledged: 40 ms."""

    async def conversation() -> None:
        async with proxied(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as proxy:
            _, writer = await proxy.open()
            await until(lambda: bool(proxy.sweeper))
            (stream,) = proxy.sweeper._streams
            connection = stream._transport.get_extra_info("socket")
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            writer.close()

    run(conversation())


def test_a_connection_that_cannot_be_served_is_closed():
    """As one whose client has gone again: macOS refuses to set its options."""

    async def conversation() -> None:
        async with proxied(None) as proxy:
            plain = Listeners(proxy.site, proxy.sweeper)
            bound = listening()
            plain.take_http(bound)
            connection, client = socket.socketpair()  # knows no TCP_NODELAY
            await plain.adopt(connection, "http", b"")
            assert connection.fileno() == -1
            client.close()
            bound.close()

    run(conversation())
