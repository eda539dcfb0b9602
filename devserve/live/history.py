"""What the connected pages were told and which of them came back: who did what after a save."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

MOST_TOLD = 100
MOST_CAME = 500
MOST_PAGES = 20  # of one message that are named
COMES_BACK = 30.0  # seconds in which a page that loads itself is here again
LEEWAY = 0.25  # seconds that the clocks of a chain and of its last step may be apart


@dataclass(frozen=True, slots=True)
class Did:
    """What one page did: its URL without query; did it load itself, and how many seconds until it was back."""

    url: str
    loads: bool = False
    back: float | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    at: float
    service: str
    urls: tuple[str, ...]
    loads: bool


class History:
    """The last messages to pages and the last arrivals, both bounded."""

    __slots__ = ("_came", "_told", "latest")

    def __init__(self) -> None:
        self._told: deque[_Told] = deque(maxlen=MOST_TOLD)
        self._came: deque[tuple[float, str]] = deque(maxlen=MOST_CAME)
        self.latest = 0  # how much there has been

    def __repr__(self) -> str:
        return f"<History {len(self._told)} told, {len(self._came)} came>"

    def told(self, now: float, service: str, urls: Sequence[str], *, loads: bool) -> None:
        """Note that these pages were told something; `loads`: they load themselves."""
        if urls:
            self.latest += 1
            self._told.append(_Told(now, service, tuple(urls[:MOST_PAGES]), loads))

    def came(self, now: float, url: str) -> None:
        """Note that a page has connected."""
        self.latest += 1
        self._came.append((now, url))

    def between(self, service: str, first: float, last: float) -> Sequence[Did]:
        """Return what the pages of a service did that were told something in a span of time."""
        told = [each for each in self._told if each.service == service and first - LEEWAY <= each.at <= last + LEEWAY]
        return [
            Did(url, each.loads, self._back(url, each.at) if each.loads else None) for each in told for url in each.urls
        ]

    def _back(self, url: str, since: float) -> float | None:
        return next((at - since for at, came in self._came if came == url and 0 <= at - since <= COMES_BACK), None)
