"""The ports: bound first, served once the site is ready."""

from __future__ import annotations

import asyncio
import errno
import select
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

from devserve.config.values import Timeouts
from devserve.errors import ListenError, RemoteProtocolError, StreamLostError
from devserve.http1 import Request, Role
from devserve.io.hub.reception import Holders, Passed, Reception
from devserve.io.loop import SHORTAGES, warn_of_shortage
from devserve.io.proxy.answers import answer
from devserve.io.proxy.downstream import logged, serve
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.site import Site
from devserve.io.proxy.sni import Certificates
from devserve.io.proxy.streams import Stream
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.tls import TlsEnd
from devserve.io.run.ports import holder
from devserve.io.tasks import spawn
from devserve.proxy import failures
from devserve.proxy.forward import Downstream
from devserve.proxy.routes import host_of

HTTPS_PORT = 443
FALLBACK_PORT = 8443
LED_PORTS = {443: FALLBACK_PORT, 80: 8080}  # where `devserve setup --ports redirect` leads them
HANDSHAKE_SECONDS = Timeouts().handshake  # until the server name is known; then its service's count
LAST_WORDS = 0.05  # seconds; a client that has connected is about to say whom it wants
BACKLOG = 1024
LED_SECONDS = 0.5  # to see whether a connection arrives; on loopback it does so at once
PAUSE = 1.0  # seconds until it is tried again to accept
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


class Listeners:
    """Accepts connections and starts an exchange coroutine for each.

    While other devserves hold leases (`holders`), a connection's first bytes tell whose it is.
    """

    def __init__(self, site: Site, sweeper: Sweeper) -> None:
        self._site = site
        self._sweeper = sweeper
        self._ends: dict[str, tuple[Bound, Callable[[], asyncio.Protocol]]] = {}
        self._accepting: set[socket.socket] = set()
        self._connecting: set[asyncio.Task[None]] = set()  # of connections that are just accepted
        self._receptions: set[Reception] = set()  # connections whose first bytes have not come
        self.holders: Holders | None = None

    def __repr__(self) -> str:
        return f"<Listeners {len(self._accepting)} sockets, {self._sweeper!r}>"

    def take_https(self, bound: Bound, certificates: Certificates) -> None:
        """Know how TLS connections are served; `serve` accepts them."""
        wrap = partial(certificates.context.wrap_bio, server_side=True)

        def ready(stream: Stream) -> None:
            self._serve(stream, "https", bound)

        def plain(stream: Stream) -> None:
            spawn(explain_plain(stream, self._site, bound.port), "plain HTTP on the TLS port")

        def named(stream: Stream) -> None:
            stream.deadline += self._site.timeouts(stream.server_name).handshake - HANDSHAKE_SECONDS

        def end() -> TlsEnd:
            return TlsEnd(wrap, self._watched(Stream()), ready, on_plain=plain, on_named=named)

        self._ends["https"] = bound, end

    def take_http(self, bound: Bound) -> None:
        """Know how plain connections are served; `serve` accepts them."""
        self._ends["http"] = bound, lambda: self._watched(Stream(lambda stream: self._serve(stream, "http", bound)))

    async def serve(self) -> None:
        """Accept connections."""
        for scheme, (bound, _) in self._ends.items():
            for each in bound.sockets:
                self._accepting.add(each)
                self._listen(scheme, each)

    async def adopt(self, connection: socket.socket, scheme: str, seen: bytes) -> None:
        """Serve a connection that another devserve has accepted, and these first bytes of which it has read."""
        _, end = self._ends[scheme]
        await _connected(lambda: Passed(end, seen), connection)

    async def give_all(self) -> None:
        """Give every connection that has been accepted to whom it is for; one that says nothing is let go."""
        if self._connecting:
            await asyncio.wait(self._connecting)
        if self._receptions:
            await asyncio.sleep(LAST_WORDS)
        for reception in tuple(self._receptions):
            reception.let_go()

    async def close(self) -> None:
        """Stop accepting."""
        for each in self._accepting:
            asyncio.get_running_loop().remove_reader(each)
            each.close()
        self._accepting.clear()

    def _listen(self, scheme: str, server: socket.socket) -> None:
        if server in self._accepting:
            asyncio.get_running_loop().add_reader(server, self._accept, scheme, server)

    def _accept(self, scheme: str, server: socket.socket) -> None:
        """Accept one connection. Not the loop's own server: of ENOBUFS, uvloop's would be told again and again."""
        try:
            connection, _ = server.accept()
        except OSError as error:
            if error.errno in SHORTAGES:  # whoever waits would be told of without end
                loop = asyncio.get_running_loop()
                loop.remove_reader(server)
                loop.call_later(PAUSE, self._listen, scheme, server)
                warn_of_shortage(error)
            return  # else it has gone again
        connecting = spawn(_connected(partial(self._first, scheme), connection), "accepted connection")
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)

    def _first(self, scheme: str) -> asyncio.Protocol:
        """Return what a new connection meets first."""
        _, end = self._ends[scheme]
        if self.holders is None or self.holders.are_none:
            return end()
        return Reception(scheme, self.holders, end, self._receptions)

    def _watched(self, stream: Stream) -> Stream:
        stream.deadline = asyncio.get_running_loop().time() + HANDSHAKE_SECONDS
        self._sweeper.add(stream)
        return stream

    def _serve(self, stream: Stream, scheme: str, bound: Bound) -> None:
        if bound.loopback_only and not ip_address(stream.address).is_loopback:
            stream.abort()
            return
        spawn(serve(stream, self._site, Downstream(stream.address, scheme)), "connection")


async def _connected(protocol: Callable[[], asyncio.Protocol], connection: socket.socket) -> None:
    """Let a protocol have a connection that was accepted."""
    with suppress(OSError):  # it is closed already
        # asyncio tells TCP by the number of the listening socket's protocol, which is 0.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)


async def explain_plain(stream: Stream, site: Site, port: int) -> None:
    """Answer plain HTTP on the TLS port with the URL that would work, and close."""
    downstream = MessageStream(stream, Role.SERVER)
    with suppress(StreamLostError, RemoteProtocolError):  # whatever it was, it was not HTTP: closing says enough
        request = await downstream.receive()
        if isinstance(request, Request):
            host = host_of((request.headers.first(b"host") or b"localhost").decode("ascii", "replace"))
            with logged(downstream, site, "http", request):
                await answer(downstream, request, failures.plain_on_tls(host, port))
    stream.close()
