"""What goes on for as long as somebody looks, once for all who do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

from devserve.io.tasks import spawn


class Looking:
    """Starts a task for the first one who looks, and cancels it when the last one leaves."""

    def __init__(self, run: Callable[[], Coroutine[object, object, None]], name: str) -> None:
        self._run = run
        self._name = name
        self._task: asyncio.Task[None] | None = None
        self._onlookers = 0

    def __repr__(self) -> str:
        return f"<Looking {self._name} for {self._onlookers}>"

    @contextmanager
    def by_one(self) -> Iterator[None]:
        """Look for as long as the block lasts."""
        self._onlookers += 1
        if self._task is None:
            self._task = spawn(self._run(), self._name)
        try:
            yield
        finally:
            self._onlookers -= 1
            if not self._onlookers:
                self._task.cancel()
                self._task = None
