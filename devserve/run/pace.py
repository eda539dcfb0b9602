"""How much of the loop's time a service's output may take, so that what floods the terminal does not slow the proxy."""

from __future__ import annotations

SHARE = 0.25  # of the time, over more than a moment
BURST = 0.002  # seconds of work at once; what a service mostly prints stays below


class Pace:
    """Takes note of the time that output has cost, and says how long to leave it alone. `now` is an argument."""

    __slots__ = ("_burst", "_owed", "_seen", "_share")

    def __init__(self, share: float = SHARE, burst: float = BURST) -> None:
        self._share = share
        self._burst = burst
        self._owed = 0.0  # seconds of work that its share of the time has not paid for yet
        self._seen = 0.0

    def __repr__(self) -> str:
        return f"<Pace {self._owed * 1000:.1f} ms owed>"

    def rest(self, now: float, spent: float) -> float:
        """Return how many seconds to rest, after work that took `spent` and ended now; mostly none."""
        paid = (now - self._seen) * self._share
        self._owed = max(0.0, self._owed - paid) + spent
        self._seen = now
        return self._owed / self._share if self._owed > self._burst else 0.0
