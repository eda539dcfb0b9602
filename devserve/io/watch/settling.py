"""A Settle with the loop's clock: it is looked at when something is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from devserve.watch.settle import Settle


class Settling:
    """Takes changes in; `settled` gets those of a burst once it is over and nothing is `held`, oldest first."""

    def __init__(self, settled: Callable[[tuple[str, ...]], object], held: Callable[[], bool] = lambda: False) -> None:
        self._settled = settled
        self._held = held
        self._loop = asyncio.get_running_loop()
        self._settle = Settle()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Settling {self._settle!r}>"

    def leads(self, change: str) -> bool:
        """Whether a change may be told at once; say that it was `told`, or `add` it."""
        return self._settle.leads(self._loop.time(), change)

    def told(self) -> None:
        """Note that the change that leads has been told."""
        self._settle.told(self._loop.time())

    def add(self, change: str) -> None:
        """Note a change that waits for quiet."""
        self._settle.add(self._loop.time(), change)
        self._set_timer()

    def close(self) -> None:
        """Look no more; what waits is forgotten."""
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self) -> None:
        """Look again when something is due; a timer that is set already is early enough, as what is due moves back."""
        due = self._settle.due()
        if due is not None and self._timer is None:
            self._timer = self._loop.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        self._timer = None
        # Not before `due`: uvloop's clock counts in milliseconds and may be a fraction early.
        changes = self._settle.poll(max(due, self._loop.time()), self._held())
        if changes:
            self._settled(changes)
        self._set_timer()
