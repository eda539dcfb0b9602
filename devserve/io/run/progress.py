"""Says that something still goes on, while it does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devserve.run.progress import moments

LOG = logging.getLogger("devserve")


class Progress:
    """Logs a sentence now and then until it is ended; `sentence` gets the seconds since the beginning."""

    def __init__(self, sentence: Callable[[float], str]) -> None:
        self._sentence = sentence
        self._moments = moments()
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._timer = self._next()

    def __repr__(self) -> str:
        return f"<Progress for {self._loop.time() - self._began:.0f} s>"

    def end(self) -> None:
        """Say no more."""
        self._timer.cancel()

    def _next(self) -> asyncio.TimerHandle:
        moment = next(self._moments)
        return self._loop.call_at(self._began + moment, self._say, moment)

    def _say(self, moment: float) -> None:
        LOG.info("%s", self._sentence(moment))
        self._timer = self._next()


@contextmanager
def progress(sentence: Callable[[float], str]) -> Iterator[None]:
    """Say that it still goes on for as long as the block lasts."""
    said = Progress(sentence)
    try:
        yield
    finally:
        said.end()
