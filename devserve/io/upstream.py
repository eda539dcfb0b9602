"""Connections to origins: dialled, kept alive, used again."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable

from devserve.config.values import Origin
from devserve.errors import UpstreamError
from devserve.http1 import Role, State
from devserve.io.messages import MessageStream
from devserve.io.streams import Stream, Sweeper
from devserve.proxy.pool import IdlePool

CONNECT_SECONDS = 10.0
OWN = Origin(host="devserve", port=0)  # devserve's own pages, in this process
LOOPBACK = {"127.0.0.1": ("127.0.0.1", "::1"), "localhost": ("127.0.0.1", "::1")}  # Node may listen on one only
SWEEP_SECONDS = 1.0


class Upstream(MessageStream):
    """One connection to an origin."""

    __slots__ = ("origin", "reused")

    def __init__(self, stream: Stream, origin: Origin) -> None:
        super().__init__(stream, Role.CLIENT)
        self.origin = origin
        self.reused = False

    def __repr__(self) -> str:
        return f"<Upstream {self.origin} {self.connection!r}{' reused' if self.reused else ''}>"

    @property
    def usable(self) -> bool:
        """Whether the connection is idle and nothing has come since its last exchange, not even its end."""
        return self.connection.our_state is State.IDLE and self.stream.is_quiet


class Upstreams:
    """All connections to origins; idle ones are pooled. `own` opens a connection to devserve's own pages."""

    def __init__(self, sweeper: Sweeper, own: Callable[[], socket.socket]) -> None:
        self._own = own
        self._pool: IdlePool[Upstream] = IdlePool()
        self._sweeper = sweeper
        self._tls = ssl.create_default_context()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Upstreams {self._pool!r}>"

    async def connect(self, origin: Origin, *, may_reuse: bool) -> Upstream:
        """Return a connection to the origin: an idle one if that is allowed and there is one, else a new one.

        Raises:
            UpstreamError: the origin does not take connections.
        """
        loop = asyncio.get_running_loop()
        if may_reuse and (idle := self._pool.take(origin, loop.time())) is not None:
            idle.reused = True
            return idle
        stream = await self._dial_own() if origin == OWN else await dial(origin, self._tls)
        self._sweeper.add(stream)
        return Upstream(stream, origin)

    def release(self, upstream: Upstream) -> None:
        """Take a connection back after its exchange: pooled when it ended cleanly, else closed."""
        connection = upstream.connection
        if connection.our_state is State.DONE and connection.their_state is State.DONE:
            connection.start_next_cycle()
            loop = asyncio.get_running_loop()
            if self._pool.put(upstream.origin, upstream, loop.time()):
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

    async def _dial_own(self) -> Stream:
        _, stream = await asyncio.get_running_loop().create_unix_connection(Stream, sock=self._own())
        return stream

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        for upstream in self._pool.expired(loop.time()):
            upstream.stream.close()
        self._timer = loop.call_later(SWEEP_SECONDS, self._expire)


async def dial(origin: Origin, tls: ssl.SSLContext) -> Stream:
    """Open a connection to an origin: a unix socket, or TCP to the first of its addresses that answers.

    Raises:
        UpstreamError: nothing answers.
    """
    failures: list[str] = []
    for host in LOOPBACK.get(origin.host, (origin.host,)):
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await _open(origin, host, tls)
        except TimeoutError:
            failures.append(f"no answer within {CONNECT_SECONDS:.0f} s")
        except OSError as error:
            failures.append(_reason(error))
    raise UpstreamError(failures[0])


def _reason(error: OSError) -> str:
    """Return the system's own words; asyncio's name the address again."""
    if error.errno is None or isinstance(error, ssl.SSLError | socket.gaierror):
        return str(error)
    return os.strerror(error.errno).lower()


async def _open(origin: Origin, host: str, tls: ssl.SSLContext) -> Stream:
    loop = asyncio.get_running_loop()
    if origin.unix_path:
        _, stream = await loop.create_unix_connection(Stream, origin.unix_path)
    else:
        context = tls if origin.scheme == "https" else None
        name = origin.host if context else None
        _, stream = await loop.create_connection(Stream, host, origin.port, ssl=context, server_hostname=name)
    return stream
