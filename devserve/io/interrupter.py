"""Ends calls of hooks that do not return: while one runs, the event loop answers nobody."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

from devserve.plugins.call import StuckError
from devserve.plugins.conduct import Calling, Conduct

SECONDS = 5.0
LOOKS = 5  # in that time
# It means nothing by default, and nobody else uses it: Go's runtime interrupts its goroutines by it for that reason.
SIGNAL = signal.SIGURG
LOG = logging.getLogger("devserve")


class Interrupter:
    """Looks, from a thread of its own, at the event loop's thread, which is the one that enters this.

    Only Python's main thread can be interrupted, and a signal's handler runs there between two steps of that thread: so
    a call that has just returned is left alone. What cannot be interrupted, C code or a plugin that catches everything,
    is named.
    """

    def __init__(self, conduct: Conduct, seconds: float = SECONDS) -> None:
        self._conduct = conduct
        self._seconds = seconds
        self._ended = threading.Event()
        self._late: Calling | None = None  # what is to be interrupted
        self._looking = threading.Thread(target=self._look, name="interrupter", daemon=True)
        self._loop = 0  # the event loop's thread
        self._before: Callable[[int, FrameType | None], object] | int | None = None

    def __repr__(self) -> str:
        return f"<Interrupter of what takes longer than {self._seconds:g} s>"

    def __enter__(self) -> Interrupter:
        self._loop = loop = threading.get_ident()
        self._conduct.in_loop = lambda: threading.get_ident() == loop
        if self._may_interrupt:
            self._before = signal.signal(SIGNAL, self._interrupt)
        self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._looking.join()
        self._conduct.in_loop = lambda: False
        if self._may_interrupt:
            signal.signal(SIGNAL, self._before)

    @property
    def _may_interrupt(self) -> bool:
        return self._loop == threading.main_thread().ident

    def _look(self) -> None:
        """Interrupt the call that is the same one for too long; name it when that does not help."""
        pause = self._seconds / LOOKS
        seen, since, said = None, 0.0, False
        while not self._ended.wait(pause):
            call, now = self._conduct.calling, time.monotonic()
            if call is None or call is not seen:
                seen, since, said = call, now, False
            elif now - since >= self._seconds:
                if not said and (not self._may_interrupt or self._late is call):
                    said = True
                    self._name(call)
                self._late = call
                if self._may_interrupt:
                    signal.pthread_kill(self._loop, SIGNAL)

    def _interrupt(self, _: int, __: FrameType | None) -> None:
        if self._late is not None and self._conduct.calling is self._late:
            raise StuckError(f"was interrupted after {self._seconds:g} seconds, in which devserve answered nobody")

    def _name(self, call: Calling) -> None:
        where = call.at(sys._current_frames().get(self._loop))
        LOG.error(
            "%s does not return and cannot be interrupted, and devserve answers nobody until it does; "
            "mend it, and end devserve with: kill -9 %d",
            where, os.getpid(),
        )  # fmt: skip
