"""Connections to origins: dialled, kept alive, used again."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Final

from devserve.config.values import INSIDE, Origin, Timeouts, UpstreamTls
from devserve.errors import UpstreamError
from devserve.http1 import Role, State
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.streams import Stream, words
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.tls import TlsEnd
from devserve.io.proxy.upstream_tls import context_for, failure
from devserve.proxy.pool import IdlePool
from devserve.proxy.routes import Route

OWN: Final = Origin(host="devserve", port=INSIDE)  # devserve's own pages, in this process
LOOPBACK: Final = {"127.0.0.1": ("127.0.0.1", "::1"), "localhost": ("127.0.0.1", "::1")}  # Node may listen on one only
VERIFIED: Final = UpstreamTls()
CONNECT_SECONDS: Final = Timeouts().connect
SWEEP_SECONDS = 1.0


class Upstream(MessageStream):
    """One connection to an origin."""

    __slots__ = ("reused", "route")

    def __init__(self, stream: Stream, route: Route) -> None:
        super().__init__(stream, Role.CLIENT)
        self.route = route
        self.reused = False

    def __repr__(self) -> str:
        return f"<Upstream {self.route.origin} {self.connection!r}{' reused' if self.reused else ''}>"

    @property
    def usable(self) -> bool:
        """Whether the connection is idle and nothing has come since its last exchange, not even its end."""
        return self.stream.is_quiet and self.connection.our_state is State.IDLE


class Upstreams:
    """All connections to origins; idle ones are pooled by route. `own` opens a connection to devserve's own pages.

    `inside` opens one to an application in this process, or returns None.
    """

    def __init__(
        self,
        sweeper: Sweeper,
        own: Callable[[], socket.socket],
        inside: Callable[[Origin], socket.socket | None] = lambda _: None,
    ) -> None:
        self._own = own
        self._inside = inside
        self._pool: IdlePool[Upstream] = IdlePool()
        self._sweeper = sweeper
        self._contexts: dict[UpstreamTls, ssl.SSLContext] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Upstreams {self._pool!r}>"

    def take(self, route: Route, now: float) -> Upstream | None:
        """Return an idle connection of this route that can be used now (the loop's clock), if there is one."""
        idle = self._pool.take(route, now)
        if idle is not None:
            idle.reused = True
        return idle

    async def dial(self, route: Route, seconds: float = CONNECT_SECONDS) -> Upstream:
        """Return a new connection to the route's origin.

        Raises:
            UpstreamError: the origin takes no connection within these seconds, or none that can be trusted.
        """
        origin = route.origin
        if origin.port != INSIDE:
            stream = await dial(origin, self._context(origin), seconds)
        elif (within := self._own() if origin is OWN else self._inside(origin)) is not None:
            stream = await _dialled(within)
        else:
            raise UpstreamError("no plugin answers")
        self._sweeper.add(stream)
        return Upstream(stream, route)

    def release(self, upstream: Upstream) -> None:
        """Take a connection back after its exchange: pooled when it ended cleanly, else closed."""
        connection = upstream.connection
        if connection.is_done and not connection.has_unread:
            connection.start_next_cycle()
            loop = upstream.stream.loop
            if self._pool.put(upstream.route, upstream, loop.time()):
                if self._timer is None:
                    self._timer = loop.call_later(SWEEP_SECONDS, self._expire)
                return
        upstream.stream.close()

    def close(self) -> None:
        """Close every idle connection."""
        if self._timer is not None:
            self._timer.cancel()
        for upstream in tuple(self._pool.all()):
            upstream.stream.close()

    def _context(self, origin: Origin) -> ssl.SSLContext | None:
        """Return the TLS context of an https origin, made once: it reads files. One that fails is tried again."""
        if origin.scheme != "https":
            return None
        settings = origin.tls or VERIFIED
        if settings not in self._contexts:
            self._contexts[settings] = context_for(settings)
        return self._contexts[settings]

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        for upstream in self._pool.expired(loop.time()):
            upstream.stream.close()
        self._timer = loop.call_later(SWEEP_SECONDS, self._expire)


async def _dialled(ours: socket.socket) -> Stream:
    """Return the stream over our end of a connection within this process."""
    _, stream = await asyncio.get_running_loop().create_unix_connection(Stream, sock=ours)
    return stream


async def dial(origin: Origin, tls: ssl.SSLContext | None, seconds: float) -> Stream:
    """Open a connection to an origin: a unix socket, or TCP to the first of its addresses that answers.

    Raises:
        UpstreamError: nothing answers within these seconds, or what answers cannot be trusted.
    """
    failures: list[str] = []
    try:
        async with asyncio.timeout(seconds):
            for host in LOOPBACK.get(origin.host, (origin.host,)):
                try:
                    return await _open(origin, host, tls)
                except ssl.SSLError as error:  # somebody answers there: the other address is not asked
                    raise UpstreamError(failure(error)) from error
                except OSError as error:
                    failures.append(words(error))
    except TimeoutError:
        failures.insert(0, f"no answer within {seconds:g} s")
    raise UpstreamError(failures[0])


async def _open(origin: Origin, host: str, tls: ssl.SSLContext | None) -> Stream:
    loop = asyncio.get_running_loop()
    if origin.unix_path:
        _, stream = await loop.create_unix_connection(Stream, origin.unix_path)
    elif tls is None:
        _, stream = await loop.create_connection(Stream, host, origin.port)
    else:
        return await _open_tls(origin, host, tls)
    stream.reads_last = True
    return stream


async def _open_tls(origin: Origin, host: str, tls: ssl.SSLContext) -> Stream:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[Stream] = loop.create_future()
    name = (origin.tls and origin.tls.server_name) or origin.host
    end = TlsEnd(
        partial(tls.wrap_bio, server_hostname=name),
        Stream(),
        lambda stream: None if ready.done() else ready.set_result(stream),
        on_failed=lambda error: None if ready.done() else ready.set_exception(error),
    )
    await loop.create_connection(lambda: end, host, origin.port)
    try:
        return await ready
    except BaseException:
        end.abort()
        raise
