import socket
from dataclasses import replace
from functools import partial

import pytest

from devserve.ca import leaf
from devserve.errors import ListenError
from devserve.io.proxy import listeners
from devserve.io.proxy.listeners import FALLBACK_PORT, Listeners, bind, bind_https
from devserve.io.proxy.sni import Certificates
from support.authority import authority, trusting
from support.proxied import answering, free_port, listening, proxied, run

LOOPBACK = ("127.0.0.1", "::1")


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
            plain = await proxy.ask(request)
            assert plain.startswith(b"HTTP/1.1 400 ")
            assert b"https://web.test:%d/" % bound.port in plain
            assert await proxy.ask(b"\x00\x01rubbish\r\n\r\n") == b""
            await https.close()

    run(conversation())
