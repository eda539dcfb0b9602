"""The ports, bound before anything is served: a port that is taken is said at once."""

from __future__ import annotations

import errno
import select
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from devserve.errors import ListenError
from devserve.io.run.ports import holder

HTTPS_PORT = 443
FALLBACK_PORT = 8443
LED_PORTS = {443: FALLBACK_PORT, 80: 8080}  # where `devserve setup --ports redirect` leads them
BACKLOG = 1024
LED_SECONDS = 0.5  # to see whether a connection arrives; on loopback it does so at once
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # this machine has no such address: no IPv6, for one


@dataclass(frozen=True, slots=True)
class Bound:
    """Sockets bound to one port, not yet accepting. `note` says why it is not the port that was asked for."""

    sockets: Sequence[socket.socket]
    port: int
    loopback_only: bool
    note: str = ""

    @property
    def numbers(self) -> frozenset[int]:
        """The port, and the one that the sockets are bound to where another is led there."""
        return frozenset({self.port, *(each.getsockname()[1] for each in self.sockets)})

    def close(self) -> None:
        """Let go of the port."""
        for each in self.sockets:
            each.close()


@dataclass(frozen=True, slots=True)
class Ports:
    """The bound ports; nothing accepts connections yet."""

    https: Bound
    http: Bound | None

    @property
    def numbers(self) -> frozenset[int]:
        """The ports that are devserve's own."""
        return self.https.numbers | (self.http.numbers if self.http else frozenset())

    def close(self) -> None:
        """Let go of both."""
        self.https.close()
        if self.http is not None:
            self.http.close()


def bind_https(port: int, addresses: Sequence[str]) -> Bound:
    """Bind the HTTPS port; 443 falls back to 8443 where this user may not bind it.

    Raises:
        ListenError: the port is taken, or may not be bound.
    """
    try:
        return bind(port, addresses)
    except PermissionError:
        if port != HTTPS_PORT:
            raise ListenError(
                f"port {port} may not be bound by this user; take one from 1024 up: --https-port 8443"
            ) from None
    fallback = bind(FALLBACK_PORT, addresses)
    if is_led_to(fallback, port):
        return Bound(fallback.sockets, port, fallback.loopback_only)
    note = f"port 443 may not be bound by this user, so {FALLBACK_PORT} is used; to get 443, run `devserve setup` once"
    return Bound(fallback.sockets, FALLBACK_PORT, fallback.loopback_only, note)


def bind_http(port: int, addresses: Sequence[str]) -> Bound:
    """Bind the port of plain HTTP, or the one that 80 is led to.

    Raises:
        PermissionError: this user may not bind it.
        ListenError: it is taken.
    """
    try:
        return bind(port, addresses, "--http-port")
    except PermissionError:
        if port not in LED_PORTS:
            raise
        led = bind(LED_PORTS[port], addresses, "--http-port")
        if is_led_to(led, port):
            return Bound(led.sockets, port, led.loopback_only)
        led.close()
        raise


def is_led_to(bound: Bound, port: int) -> bool:
    """Tell whether connections to another port arrive at these sockets, which must not have been served yet."""
    return bool(bound.sockets) and all(_arrives(server, port) for server in bound.sockets)


def _arrives(server: socket.socket, port: int) -> bool:
    with socket.socket(server.family) as client:
        client.settimeout(LED_SECONDS)
        try:
            client.connect((server.getsockname()[0], port))
            if not select.select([server], [], [], LED_SECONDS)[0]:
                return False
            accepted, peer = server.accept()
        except OSError:
            return False
        with accepted:
            return bool(peer[:2] == client.getsockname()[:2])


def bind(port: int, addresses: Sequence[str], flag: str = "--https-port") -> Bound:
    """Bind a port on each address; `flag` chooses another one.

    Raises:
        PermissionError: this user may not bind it.
        ListenError: it is taken; the sentence names the process that holds it.
    """
    loopback = all(ip_address(address).is_loopback for address in addresses)
    try:
        return Bound(_bind_each(port, addresses, flag), port, loopback_only=False)
    except PermissionError:
        if sys.platform != "darwin" or not loopback:
            raise
        # macOS gives low ports to everybody, but on the wildcard address only: who is not local is turned away.
        return Bound(_bind_each(port, ("0.0.0.0", "::"), flag), port, loopback_only=True)  # noqa: S104


def _bind_each(port: int, addresses: Sequence[str], flag: str) -> list[socket.socket]:
    bound: list[socket.socket] = []
    try:
        for address in addresses:
            bound.extend(_bind_one(port, address))
    except OSError as error:
        for each in bound:
            each.close()
        if error.errno == errno.EADDRINUSE:
            who = holder(port) or "another process"
            raise ListenError(f"port {port} is taken by {who}; stop it, or choose another one: {flag} PORT") from error
        raise
    if not bound:
        raise ListenError(f"none of {', '.join(addresses)} is an address of this machine; change --bind")
    return bound


def _bind_one(port: int, address: str) -> list[socket.socket]:
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        # Not tornado's bind_sockets: it leaves a socket open when the port is taken.
        server = socket.create_server((address, port), family=family, backlog=BACKLOG)
        server.setblocking(False)
        return [server]
    except OSError as error:
        if error.errno in ABSENT:
            return []
        raise
