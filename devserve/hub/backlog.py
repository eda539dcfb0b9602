"""Lines on their way to somebody who may read more slowly than they come."""

from __future__ import annotations

from collections import deque

from devserve.hub.orders import Line, Note

MOST_LINES = 5000
MOST_SIZE = 1024 * 1024  # characters


class Backlog:
    """Keeps the last lines, bounded in number and in size, and counts those that it had to leave out."""

    __slots__ = ("_left_out", "_lines", "_size")

    def __init__(self) -> None:
        self._lines: deque[Line] = deque()
        self._size = 0
        self._left_out = 0

    def __repr__(self) -> str:
        return f"<Backlog {len(self._lines)} lines, {self._left_out} left out>"

    def add(self, line: Line) -> None:
        """Keep a line; the oldest ones go to make room for it."""
        self._lines.append(line)
        self._size += len(line.text)
        while len(self._lines) > MOST_LINES or self._size > MOST_SIZE:
            self._size -= len(self._lines.popleft().text)
            self._left_out += 1

    def take(self) -> list[Line | Note]:
        """Return what is kept, oldest first, and keep it no more. A note tells of what was left out before it."""
        missing = [Note(f"{self._left_out} lines came faster than they were read and are left out")]
        taken = [*(missing if self._left_out else ()), *self._lines]
        self._lines.clear()
        self._size = self._left_out = 0
        return taken
