"""Ends calls of hooks that do not return: while one runs, the event loop answers nobody."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, TracebackType

from devserve.plugins.call import StuckError
from devserve.plugins.conduct import Calling, Conduct

SECONDS = 5.0
LOOKS = 5  # in that time
# It means nothing by default, and nobody else uses it: Go's runtime interrupts its goroutines by it for that reason.
SIGNAL = signal.SIGURG
LOG = logging.getLogger("devserve")


@dataclass(slots=True)
class Long:
    """A turn of a call that a thread has been in since a `time.monotonic()`."""

    call: Calling
    turn: int
    since: float
    late: bool = False  # it is to be interrupted
    named: bool = False

    def lasts(self, calling: Calling | None) -> bool:
        """Tell whether a thread that is in this call has been in it all the time."""
        return calling is self.call and calling.turn == self.turn


class Interrupter:
    """Looks, from a thread of its own, at the event loop's thread, which is the one that enters this, and at others.

    Only Python's main thread can be interrupted, and a signal's handler runs there between two steps of that thread: so
    a call that has just returned is left alone. What cannot be interrupted, C code or a plugin that catches everything,
    is named. So is one in another thread, where the configuration is read again, and one while devserve is `starting`:
    it may have to wait, and Ctrl-C ends that.
    """

    def __init__(self, conduct: Conduct, seconds: float = SECONDS, *, starting: bool = False) -> None:
        self._conduct = conduct
        self._seconds = seconds
        self._starting = starting
        self._ended = threading.Event()
        self._known: dict[int, Long] = {}  # by thread
        self._looking = threading.Thread(target=self._look, name="interrupter", daemon=True)
        self._loop = 0  # the event loop's thread
        self._before: Callable[[int, FrameType | None], object] | int | None = None

    def __repr__(self) -> str:
        return f"<Interrupter of what takes longer than {self._seconds:g} s>"

    def __enter__(self) -> Interrupter:
        self._loop = threading.get_ident()
        self._conduct.thread = threading.get_ident
        if self._may_interrupt:
            self._before = signal.signal(SIGNAL, self._interrupt)
        self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._looking.join()
        if self._may_interrupt:
            signal.signal(SIGNAL, self._before)

    @property
    def _may_interrupt(self) -> bool:
        return not self._starting and self._loop == threading.main_thread().ident

    def _look(self) -> None:
        while not self._ended.wait(self._seconds / LOOKS):
            now = time.monotonic()
            known = self._known
            self._known = {
                thread: known[thread] if thread in known and known[thread].lasts(call) else Long(call, call.turn, now)
                for thread, call in dict(self._conduct.calling).items()
            }
            for thread, long in self._known.items():
                if now - long.since >= self._seconds:
                    self._deal_with(thread, long)

    def _deal_with(self, thread: int, long: Long) -> None:
        """Interrupt a call; name it, once, when that is not possible or has not helped."""
        may_interrupt = self._may_interrupt and thread == self._loop
        if not long.named and (long.late or not may_interrupt):
            long.named = True
            self._name(thread, long.call)
        long.late = True
        if may_interrupt:
            signal.pthread_kill(self._loop, SIGNAL)

    def _interrupt(self, _: int, __: FrameType | None) -> None:
        long = self._known.get(self._loop)
        if sys.gettrace() is not None:  # a debugger holds it
            return
        if long is not None and long.late and long.lasts(self._conduct.calling.get(self._loop)):
            raise StuckError(f"was interrupted after {self._seconds:g} seconds, in which devserve answered nobody")

    def _name(self, thread: int, call: Calling) -> None:
        where = call.at(sys._current_frames().get(thread))
        if self._starting:
            LOG.warning("%s has not returned for %g seconds; devserve waits, Ctrl-C ends it", where, self._seconds)
        elif thread != self._loop:
            LOG.warning("%s has not returned for %g seconds; what is saved counts once it has", where, self._seconds)
        else:
            LOG.error(
                "%s does not return and cannot be interrupted, and devserve answers nobody until it does; "
                "mend it, and end devserve with: kill -9 %d",
                where, os.getpid(),
            )  # fmt: skip
