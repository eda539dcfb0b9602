import socket
from dataclasses import replace

import pytest

from devserve.errors import ListenError
from devserve.io.proxy import binding
from devserve.io.proxy.binding import FALLBACK_PORT, bind, bind_https
from support.proxied import free_port

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

    monkeypatch.setattr(binding.socket, "create_server", create_server)
    monkeypatch.setattr(binding.sys, "platform", "linux")


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

    monkeypatch.setattr(binding.socket, "create_server", create_server)
    monkeypatch.setattr(binding.sys, "platform", "darwin")
    bound = bind(443, LOOPBACK)
    assert bound_to == ["127.0.0.1", "0.0.0.0", "::"]
    assert bound.loopback_only
    bound.close()
