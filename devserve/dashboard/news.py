"""What is new for somebody who looks at one devserve or several: a page, or the devserve of another terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

MOST_ROWS = 100  # exchanges at a time; of more the newest

Row: TypeAlias = Mapping[str, object]


class Source(Protocol):
    """A devserve, as far as it is looked at."""

    def services(self) -> Sequence[Row]:
        """Return each service as it stands."""

    def tabs(self) -> Sequence[Row]:
        """Return the pages that are connected for live reload."""

    def under_way(self) -> Sequence[Row]:
        """Return how many WebSockets and event streams are open, by service."""

    @property
    def latest(self) -> int:
        """The number of the newest exchange; 0: none has come."""

    def exchanges(self, after: int, most: int) -> Sequence[Row]:
        """Return the exchanges that came after the one of this number: the newest ones, oldest first."""

    @property
    def changes(self) -> int:
        """A number that grows with whatever changes the chains."""

    def chains(self) -> Sequence[Row]:
        """Return what the last saves have led to."""


class Onlooker:
    """Somebody who looks: knows what was told already, so that nothing is told twice."""

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}  # by devserve
        self._changes: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Onlooker at {len(self._latest)} devserves>"

    def news(self, sources: Mapping[str, Source]) -> dict[str, object]:
        """Return how all stands, and which exchanges and chains have come. The sources are known by their names."""
        news: dict[str, object] = {
            "devserves": list(sources),
            "services": [each for source in sources.values() for each in source.services()],
            "tabs": [each for source in sources.values() for each in source.tabs()],
            "open": [each for source in sources.values() for each in source.under_way()],
        }
        exchanges, skipped = self._exchanges(sources)
        if exchanges:
            news |= {"exchanges": exchanges, "skipped": skipped}
        changes = {name: source.changes for name, source in sources.items()}
        if changes != self._changes:
            self._changes = changes
            news["chains"] = [each for source in sources.values() for each in source.chains()]
        return news

    def _exchanges(self, sources: Mapping[str, Source]) -> tuple[list[Row], int]:
        """Return the exchanges that came, and how many more went by too fast."""
        found: list[Row] = []
        skipped = 0
        for name, source in sources.items():
            seen, latest = self._latest.get(name, 0), source.latest
            rows = source.exchanges(seen, MOST_ROWS)
            skipped += latest - seen - len(rows) if seen else 0
            found += rows
        self._latest = {name: source.latest for name, source in sources.items()}
        return found, skipped
