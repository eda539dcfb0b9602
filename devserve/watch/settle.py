"""Changes of one service, gathered until they have been quiet (DESIGN 4.5)."""

from __future__ import annotations

from math import inf

QUIET = 0.030  # seconds without a change that end a burst
CAP = 0.500  # the longest that a burst without an end is waited for
HOLD = 10.0  # the longest that a lock of git is waited for: a crashed git leaves its lock behind


class Settle:
    """A debouncer with a leading edge; every time is an argument.

    A burst is a run of changes with less than `quiet` between them. Ask `leads` whether a change may be told at once;
    then report `told` or `add`. What was added comes out of `poll` once it is `due`.
    """

    __slots__ = ("_cap", "_first", "_held_since", "_hold", "_last", "_led", "_pending", "_quiet", "_retry")

    def __init__(self, quiet: float = QUIET, cap: float = CAP, hold: float = HOLD) -> None:
        self._quiet = quiet
        self._cap = cap
        self._hold = hold
        self._pending: dict[str, None] = {}  # in order of arrival
        self._first = -inf  # when the oldest pending change came
        self._last = -inf  # when the newest change came, told or pending
        self._led = False  # this burst has had a message
        self._held_since: float | None = None
        self._retry = -inf

    def __repr__(self) -> str:
        return f"<Settle {len(self._pending)} changes waiting>"

    def leads(self, now: float, path: str) -> bool:
        """Whether this change may be told at once: nothing was told in its burst and nothing else waits.

        The same path may wait already: an editor moved the old file away before it wrote the new one.
        """
        if self._burst_is_over(now):
            return True
        return not self._led and self._pending.keys() <= {path}

    def told(self, now: float) -> None:
        """Note that the change that leads has been told."""
        self._pending.clear()
        self._led = True
        self._last = now

    def add(self, now: float, path: str) -> None:
        """Note a change that waits for quiet."""
        if self._burst_is_over(now):
            self._led = False
        if not self._pending:
            self._first = now
        self._pending[path] = None
        self._last = now

    def due(self) -> float | None:
        """Return when to poll, or None when nothing waits."""
        if not self._pending:
            return None
        return max(self._retry, min(self._last + self._quiet, self._first + self._cap))

    def poll(self, now: float, held: bool = False) -> tuple[str, ...]:
        """Return the changes that have settled, oldest first; none while it is too early or git holds its lock."""
        due = self.due()
        if due is None or now < due or self._waits_for_git(now, held):
            return ()
        settled = tuple(self._pending)
        self._pending.clear()
        self._led = True
        return settled

    def _burst_is_over(self, now: float) -> bool:
        return not self._pending and now - self._last >= self._quiet

    def _waits_for_git(self, now: float, held: bool) -> bool:
        if not held:
            self._held_since = None
            return False
        if self._held_since is None:
            self._held_since = now
        give_up = self._held_since + self._hold  # stays in the past for a lock left behind: later bursts do not wait
        self._retry = min(now + self._quiet, give_up)
        return now < give_up
