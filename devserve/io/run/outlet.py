"""The way out to a terminal that may be slow, or stopped by Ctrl-S: nothing else waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

FULL = 256 * 1024  # characters; a terminal that is behind by so much is not read by anybody
MOST = 4 * FULL  # what still comes then is lost
GATHER = 0.005  # seconds; to be woken for each line would cost the loop more than the lines do
SECONDS_TO_END = 1.0  # for a terminal to take what is left; it may be stopped


class Outlet:
    """Writes texts in their order, in a thread of its own. Close it at the end."""

    def __init__(self, write: Callable[[str], None], full: int = FULL, most: int = MOST) -> None:
        self._write = write
        self._full = full
        self._most = most
        self._texts: list[str] = []
        self._size = 0  # of what is not written yet
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="outlet", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<Outlet {self._size} characters behind>"

    @property
    def is_full(self) -> bool:
        """Whether what can be left out should be."""
        return self._size >= self._full

    def put(self, text: str) -> None:
        """Have a text written, after those before it."""
        with self._changed:
            if self._size + len(text) <= self._most:
                if not self._texts:
                    self._changed.notify_all()
                self._texts.append(text)
                self._size += len(text)

    def flush(self) -> None:
        """Wait until all that was put is written, but not for ever."""
        with self._changed:
            self._changed.wait_for(lambda: self._size == 0, SECONDS_TO_END)

    def close(self) -> None:
        """Write all that is left, but wait not for ever."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(SECONDS_TO_END)

    def _run(self) -> None:
        while text := self._next():
            self._write(text)
            with self._changed:
                self._size -= len(text)
                self._changed.notify_all()

    def _next(self) -> str:
        """Wait for texts and return them as one; none when it is closed."""
        with self._changed:
            while not self._texts and not self._closed:
                self._changed.wait()
            if not self._closed:
                self._changed.wait(GATHER)
            text = "".join(self._texts)
            self._texts.clear()
            return text
