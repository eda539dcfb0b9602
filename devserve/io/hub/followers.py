"""Those who follow the services' output as it comes, beside the terminal that devserve runs in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from devserve.hub.backlog import Backlog
from devserve.hub.orders import Line, Note


class Follower:
    """One of them; one who reads too slowly misses lines, and is told so."""

    def __init__(self, services: Collection[str]) -> None:
        self._services = services
        self._backlog = Backlog()
        self._come = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Follower of {', '.join(self._services)}: {self._backlog!r}>"

    def line(self, line: Line) -> None:
        """Keep a line if it is of one of the services."""
        if line.service in self._services:
            self._backlog.add(line)
            self._come.set()

    async def lines(self) -> Sequence[Line | Note]:
        """Wait for lines and return all that have come since the last time."""
        await self._come.wait()
        self._come.clear()
        return self._backlog.take()


class Followers:
    """Passes each line on to where it is shown, and to everyone who follows its service."""

    def __init__(self, show: Callable[[str, str], None]) -> None:
        self._show = show
        self._followers: set[Follower] = set()

    def __repr__(self) -> str:
        return f"<Followers {len(self._followers)}>"

    def line(self, service: str, text: str) -> None:
        """Take in a line of a service."""
        self._show(service, text)
        if self._followers:
            line = Line(service, text, time.monotonic())
            for follower in self._followers:
                follower.line(line)

    @contextmanager
    def following(self, services: Collection[str]) -> Iterator[Follower]:
        """Follow these services as long as the block lasts."""
        follower = Follower(services)
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)
