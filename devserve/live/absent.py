"""Pages that have just left, perhaps to load themselves again, and what they miss until they are back."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from devserve.live.rules import together

LONGEST_LOAD = 10.0  # seconds from a page's end to the socket of the one in its place


@dataclass(slots=True, eq=False)
class _Gone:
    url: str
    heard: Collection[str]
    until: float
    missed: tuple[str, ...]
    is_back: bool = False


class Absent:
    """Remembers pages by their URL; every time is an argument.

    A page that loads itself may have asked for its files before the next save and connect after it: what is told in
    between would be lost.
    """

    def __init__(self) -> None:
        self._in_order: deque[_Gone] = deque()
        self._by_url: dict[str, deque[_Gone]] = {}

    def __repr__(self) -> str:
        return f"<Absent {len(self._in_order)} pages>"

    def left(self, now: float, url: str, heard: Collection[str], missed: Sequence[str] = ()) -> None:
        """Note a page that has left, which services it hears of, and what it may not have heard already."""
        self._forget(now)
        gone = _Gone(url, heard, now + LONGEST_LOAD, tuple(missed))
        self._in_order.append(gone)
        self._by_url.setdefault(url, deque()).append(gone)

    def told(self, now: float, service: str, messages: Sequence[str]) -> None:
        """Keep what the pages of a service are told for those that are away."""
        self._forget(now)
        for gone in self._in_order:
            if not gone.is_back and service in gone.heard:
                gone.missed = together((*gone.missed, *messages))

    def back(self, now: float, url: str) -> tuple[str, ...]:
        """Return what the page that is now at a URL has missed, if it is in the place of one that has left."""
        self._forget(now)
        waiting = self._by_url.get(url)
        if not waiting:
            return ()
        gone = waiting.popleft()
        if not waiting:
            del self._by_url[url]
        gone.is_back = True
        return gone.missed

    def _forget(self, now: float) -> None:
        while self._in_order and (self._in_order[0].is_back or self._in_order[0].until <= now):
            gone = self._in_order.popleft()
            if not gone.is_back:
                waiting = self._by_url[gone.url]
                waiting.remove(gone)
                if not waiting:
                    del self._by_url[gone.url]
