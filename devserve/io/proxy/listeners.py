"""Connections, accepted on the ports that are bound, and who serves each."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address

from devserve.config.values import Timeouts
from devserve.errors import RemoteProtocolError, StreamLostError
from devserve.http1 import Request, Role
from devserve.io.hub.reception import Holders, Passed, Reception
from devserve.io.loop import SHORTAGES, warn_of_shortage
from devserve.io.proxy.answers import answer
from devserve.io.proxy.binding import Bound
from devserve.io.proxy.downstream import logged, serve
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.site import Site
from devserve.io.proxy.sni import Certificates
from devserve.io.proxy.streams import Stream
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.tls import TlsEnd
from devserve.io.tasks import spawn
from devserve.proxy import failures
from devserve.proxy.forward import Downstream
from devserve.proxy.routes import host_of

HANDSHAKE_SECONDS = Timeouts().handshake  # until the server name is known; then its service's count
LAST_WORDS = 0.05  # seconds; a client that has connected is about to say whom it wants
PAUSE = 1.0  # seconds until it is tried again to accept


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
    try:
        # asyncio tells TCP by the number of the listening socket's protocol, which is 0.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)
    except OSError:  # its client has gone again
        connection.close()


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
