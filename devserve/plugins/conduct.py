"""How a devserve deals with its plugins: by which clock, whether each call is shown, whether a failure ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _no_time() -> float:
    return 0.0


@dataclass(slots=True, eq=False)
class Conduct:
    """One for all projects of a devserve. `clock` is in seconds; without one, no time is counted."""

    clock: Callable[[], float] = _no_time
    shows_calls: bool = False
    is_strict: bool = False
    has_failed: bool = False  # a plugin has, and that is fatal
    on_failure: Callable[[], None] = lambda: None  # hears of it

    def fail(self) -> None:
        """Take note of a failure; a strict devserve ends."""
        if self.is_strict:
            self.has_failed = True
            self.on_failure()
