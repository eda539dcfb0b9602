"""How a devserve deals with its plugins: by which clock, what it says of them, whether a failure ends it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol

LOG = logging.getLogger("devserve")


class Calling(Protocol):
    """A call of a hook (plugins.call.Call is one)."""

    turn: int  # how often it has taken its thread: an `async` hook gives it back between two steps

    def at(self, frame: FrameType | None) -> str:
        """Return for which service whose hook is called, and the file and line where a thread is in it."""


def _no_time() -> float:
    return 0.0


@dataclass(slots=True, eq=False)
class Conduct:
    """One for all projects of a devserve. `clock` is in seconds; without one, no time is counted."""

    clock: Callable[[], float] = _no_time
    shows_calls: bool = False
    is_strict: bool = False
    is_quiet: bool = False  # somebody else says what is wrong with them
    failure: str = ""  # the sentence about a plugin that has failed, where that is fatal
    on_failure: Callable[[], None] = lambda: None  # hears of it
    said: set[str] = field(default_factory=set)
    thread: Callable[[], int] = lambda: 0  # which thread this is
    calling: dict[int, Calling] = field(default_factory=dict)  # the call that each thread is in

    @property
    def has_failed(self) -> bool:
        """Whether a plugin has failed, and that is fatal."""
        return bool(self.failure)

    def warn(self, said: str) -> None:
        """Log a warning."""
        if not self.is_quiet:
            LOG.warning("%s", said)

    def warn_once(self, said: str) -> None:
        """Log a warning, however many projects it is about."""
        if said not in self.said:
            self.said.add(said)
            self.warn(said)

    def fail(self, said: str) -> None:
        """Take note of a failure; a strict devserve ends."""
        if self.is_strict:
            self.failure = self.failure or said
            self.on_failure()
