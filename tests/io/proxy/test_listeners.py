import os
import socket
from dataclasses import replace
from functools import partial
from time import perf_counter

import pytest

from devserve.ca import leaf
from devserve.errors import ListenError
from devserve.io.loop import SHORTAGES
from devserve.io.proxy import listeners
from devserve.io.proxy.listeners import FALLBACK_PORT, Listeners, bind, bind_https
from devserve.io.proxy.sni import Certificates
from devserve.proxy.access import Access
from support.authority import authority, trusting
from support.proxied import answering, free_port, listening, proxied, run, until

LOOPBACK = ("127.0.0.1", "::1")
TIMES_STARVED = 3


def test_a_port_is_bound_on_every_address_and_only_there():
    bound = bind(free_port(), LOOPBACK)
    assert {each.getsockname()[0] for each in bound.sockets} <= set(LOOPBACK)
    assert ("127.0.0.1", bound.port) in [each.getsockname()[:2] for each in bound.sockets]
    assert bound.numbers == {bound.port}
    assert replace(bound, port=443).numbers == {bound.port, 443}
    bound.close()


def test_a_taken_port_is_said_with_its_holder_and_the_fix():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"port {port} is taken by .*pid \d+.*; stop it, .*: --https-port"):
            bind(port, LOOPBACK)


def test_an_address_of_another_machine_is_said():
    with pytest.raises(ListenError, match=r"192\.0\.2\.1 is an address of this machine; change --bind"):
        bind(free_port(), ["192.0.2.1"])


@pytest.fixture
def low_ports_are_forbidden(monkeypatch):
    real = socket.create_server

    def create_server(address, **options):
        if address[1] < 1024:
            raise PermissionError(13, "Permission denied")
        return real((address[0], free_port()), **options)

    monkeypatch.setattr(listeners.socket, "create_server", create_server)
    monkeypatch.setattr(listeners.sys, "platform", "linux")


def test_443_falls_back_to_8443_and_says_how_to_get_it(low_ports_are_forbidden):
    bound = bind_https(443, LOOPBACK)
    assert bound.port == FALLBACK_PORT
    assert "`devserve setup`" in bound.note
    bound.close()


def test_another_low_port_has_no_fallback(low_ports_are_forbidden):
    with pytest.raises(ListenError, match="--https-port 8443"):
        bind_https(444, LOOPBACK)


def test_macos_binds_low_ports_on_the_wildcard_and_turns_strangers_away(monkeypatch):
    bound_to: list[str] = []

    def create_server(address, **_):
        bound_to.append(address[0])
        if address[0] in LOOPBACK:
            raise PermissionError(13, "Permission denied")
        return socket.socket()

    monkeypatch.setattr(listeners.socket, "create_server", create_server)
    monkeypatch.setattr(listeners.sys, "platform", "darwin")
    bound = bind(443, LOOPBACK)
    assert bound_to == ["127.0.0.1", "0.0.0.0", "::"]
    assert bound.loopback_only
    bound.close()


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
            short.take_http(listeners.Bound([Starved(fileno=server.detach())], proxy.port, loopback_only=False))
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
