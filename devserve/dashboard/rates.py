"""How many exchanges end per second and how long they take: rings of a minute, one for each service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

SECONDS = 60
MOST_SAMPLES = 200  # durations of one second; of more the later ones take the place of earlier ones
SLOW = 0.95  # the share of exchanges that are no slower than what is shown


@dataclass(frozen=True, slots=True)
class Rate:
    """The last minute of a service."""

    counts: tuple[int, ...]  # exchanges that ended in each second, oldest first
    p95: float | None  # seconds; None: there was none
    p95s: tuple[float | None, ...] = (None,) * SECONDS  # of each second that is over, as counts

    @property
    def now(self) -> int:
        """Exchanges in the last whole second."""
        return self.counts[-2] if len(self.counts) > 1 else 0


@dataclass(slots=True)
class _Second:
    at: int = -1
    count: int = 0
    took: list[float] = field(default_factory=list)
    known: float | None = None  # its p95, once it is over and somebody has asked

    @property
    def p95(self) -> float | None:
        """The p95 of a second that is over."""
        if self.known is None:
            self.known = percentile(self.took, SLOW)
        return self.known


class Rates:
    """A ring of seconds for each service."""

    __slots__ = ("_by_service",)

    def __init__(self) -> None:
        self._by_service: dict[str, list[_Second]] = {}

    def __repr__(self) -> str:
        return f"<Rates of {', '.join(self._by_service) or 'nothing'}>"

    def note(self, service: str, now: float, seconds: float) -> None:
        """Count an exchange that ended now and took these seconds."""
        ring = self._by_service.get(service)
        if ring is None:
            ring = self._by_service[service] = [_Second() for _ in range(SECONDS)]
        at = int(now)
        second = ring[at % SECONDS]
        if second.at != at:
            second.at, second.count, second.known = at, 0, None
            second.took.clear()
        if second.count < MOST_SAMPLES:
            second.took.append(seconds)
        else:
            second.took[second.count % MOST_SAMPLES] = seconds
        second.count += 1

    def of(self, service: str, now: float) -> Rate:
        """Return the last minute of a service."""
        at = int(now)
        ring = self._by_service.get(service)
        if ring is None:
            return Rate((0,) * SECONDS, None)
        found = [ring[second % SECONDS] for second in range(at - SECONDS + 1, at + 1)]
        alive = [second if second.at > at - SECONDS else _Second() for second in found]
        took = [seconds for second in alive for seconds in second.took]
        p95s = (*(second.p95 for second in alive[:-1]), None)
        return Rate(tuple(second.count for second in alive), percentile(took, SLOW), p95s)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest of the values that this share of them does not exceed (nearest rank); None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * share) - 1)]
