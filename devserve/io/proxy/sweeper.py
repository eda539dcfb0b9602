"""Deadlines of connections: one timer for all of them."""

from __future__ import annotations

import asyncio

from devserve.io.proxy.streams import Stream


class Sweeper:
    """Gives up streams whose deadline has passed; one timer for all of them."""

    PERIOD = 1.0  # seconds; deadlines are tens of seconds

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Sweeper {len(self._streams)} streams>"

    def __len__(self) -> int:
        return len(self._streams)

    def add(self, stream: Stream) -> None:
        """Watch this stream's deadline until it is lost."""
        self._streams.add(stream)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.PERIOD, self._sweep)

    def discard(self, stream: Stream) -> None:
        """Watch this stream no longer."""
        self._streams.discard(stream)

    def close(self) -> None:
        """Give up every stream and stop."""
        if self._timer is not None:
            self._timer.cancel()
        for stream in tuple(self._streams):
            stream.abort()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for stream in [each for each in self._streams if each.deadline < now or each.drain_deadline < now]:
            stream.expire()
        self._streams = {stream for stream in self._streams if not stream.lost}
        self._timer = loop.call_later(self.PERIOD, self._sweep)
