"""Another terminal's devserve as a dashboard shows it: what it said last, under names that no service here has."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devserve.dashboard.news import Row
from devserve.dashboard.ring import MOST_EXCHANGES
from devserve.errors import RemoteProtocolError

LISTS = ("services", "tabs", "open")
OWN = "devserve"  # who answers what no service does


def name_of(devserve: str, own: object) -> str:
    """Return what something is called among all devserves: an own name begins with no digits and a colon."""
    return f"{devserve}:{own}" if devserve else str(own)


def parted(name: str) -> tuple[str, str]:
    """Return whose something is, "" for what is here, and its own name."""
    devserve, mark, own = name.partition(":")
    return (devserve, own) if mark and devserve.isascii() and devserve.isdecimal() else ("", name)


@dataclass(frozen=True, slots=True)
class _Exchange:
    number: int
    row: Row


class Elsewhere:
    """A source of news (news.py) that is fed with those of the devserve itself."""

    def __init__(self, devserve: str) -> None:
        """Take the name by which it is known: its pid."""
        self._devserve = devserve
        self._stands: dict[str, list[Row]] = {}
        self._exchanges: deque[_Exchange] = deque(maxlen=MOST_EXCHANGES)
        self._chains: Sequence[Row] = ()
        self.latest = 0
        self.changes = 0

    def __repr__(self) -> str:
        return f"<Elsewhere {self._devserve}, {len(self.services())} services>"

    def hear(self, news: Mapping[str, object]) -> None:
        """Take note of what is new there.

        Raises:
            RemoteProtocolError: it is no news.
        """
        self._stands = {name: [self._renamed(each) for each in _rows(news, name)] for name in LISTS}
        for row in _rows(news, "exchanges"):
            number = row.get("id")
            if not isinstance(number, int):
                raise RemoteProtocolError("the news of another devserve have an exchange without a number")
            self._exchanges.append(_Exchange(number, {**self._renamed(row), "id": name_of(self._devserve, number)}))
            self.latest = number
        if "chains" in news:
            self._chains = [self._renamed(each) for each in _rows(news, "chains")]
            self.changes += 1

    def services(self) -> Sequence[Row]:
        """Return each service as it stood last."""
        return self._stands.get("services", ())

    def tabs(self) -> Sequence[Row]:
        """Return the pages that are connected there."""
        return self._stands.get("tabs", ())

    def under_way(self) -> Sequence[Row]:
        """Return how many WebSockets and event streams are open there, by service."""
        return self._stands.get("open", ())

    def exchanges(self, after: int, most: int) -> Sequence[Row]:
        """Return the exchanges that came after the one of this number: the newest ones, oldest first."""
        return [each.row for each in self._exchanges if each.number > after][-most:]

    def chains(self) -> Sequence[Row]:
        """Return what the last saves have led to there."""
        return self._chains

    def _renamed(self, row: Row) -> Row:
        """Return a row with everything in it called as it is among all devserves: services, and chains' steps."""
        changed: dict[str, object] = {**row, "devserve": self._devserve}
        for key in ("id", "service"):
            if isinstance(row.get(key), str) and row[key] != OWN:
                changed[key] = name_of(self._devserve, row[key])
        if isinstance(needs := row.get("needs"), list):
            changed["needs"] = [name_of(self._devserve, need) for need in needs]
        for key in ("steps", "tabs"):
            if isinstance(parts := row.get(key), list):
                changed[key] = [self._renamed(part) for part in parts if isinstance(part, dict)]
        return changed


def _rows(news: Mapping[str, object], name: str) -> Sequence[Row]:
    rows = news.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RemoteProtocolError(f"the news of another devserve have no list of {name}")
    return rows
