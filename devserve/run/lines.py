"""Lines of a service's output: cut from bytes, freed of what would disturb a terminal, the last ones kept."""

from __future__ import annotations

import re
from collections import deque
from zlib import crc32

LONGEST_LINE = 64 * 1024  # bytes; a longer line is cut and goes on in the next one
CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\n\t"})
PIECES = re.compile(rb"\n|\r+|[^\r\n]+")
# ECMA-48. Colours (CSI … m) stay. The rest would clear the screen, move the cursor or set the window's title: `tsc
# --watch` and others begin with that.
COLOR = re.compile(r"\x1b\[[0-9;:]*m")
SCREEN_CONTROL = re.compile(
    r"\x1b(?!\[[0-9;:]*m)(?:"  # asked here alone, and not of each character, a line is searched in a tenth of the time
    r"\[[0-?]*[ -/]*[@-~]?"  # CSI, the control sequences
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, DCS, SOS, PM, APC up to their terminator
    r"|[ -/]*[0-~]?)"  # the escape sequences, \x1bc among them
    r"|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]"  # C0 without tab, DEL, C1
)


class LineSplitter:
    """Cut a stream of bytes into lines, the same ones however the stream is cut.

    A lone CR starts the line anew, as on a terminal: of a progress bar only the last state is left. Of empty lines in
    a row one is left: Vite scrolls the screen empty with as many as it has rows.
    """

    __slots__ = ("_held", "_is_empty", "_returned")

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_empty = False  # the last line was
        self._returned = False  # a CR has come; LF makes it a line's end, text makes it a line's new beginning

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that these bytes complete."""
        if self._returned or _has_control(data) or _has_control(self._held):
            return self._without_rows(self._feed_any(data))
        return self._without_rows(self._feed_text(data))

    def _without_rows(self, lines: list[str]) -> list[str]:
        if "" not in lines:
            self._is_empty = self._is_empty and not lines
            return lines
        kept = []
        for line in lines:
            if line or not self._is_empty:
                kept.append(line)
            self._is_empty = not line
        return kept

    def _feed_text(self, data: bytes) -> list[str]:
        """Feed bytes without a control but LF and tab, as most are, several times as fast."""
        end = data.rfind(b"\n") + 1
        if not end or len(self._held) + end > LONGEST_LINE or len(data) - end > LONGEST_LINE:
            return self._feed_any(data)
        text = (bytes(self._held) + data[: end - 1]).decode(errors="replace")
        if not text.isascii() and SCREEN_CONTROL.search(text):  # C1 takes two bytes
            return self._feed_any(data)
        self._held.clear()
        self._held += data[end:]
        return text.split("\n")

    def _feed_any(self, data: bytes) -> list[str]:
        lines: list[str] = []
        for piece in PIECES.findall(data):
            if piece == b"\n":
                lines.append(self._take(len(self._held)))
            elif piece.startswith(b"\r"):
                self._returned = True
            else:
                lines += self._add(piece)
        return lines

    def close(self) -> list[str]:
        """Return the last line when the stream ended without a newline."""
        return [self._take(len(self._held))] if self._held else []

    def _add(self, text: bytes) -> list[str]:
        if self._returned:
            self._returned = False
            self._held.clear()
        self._held += text
        lines = []
        while len(self._held) > LONGEST_LINE:
            lines.append(self._take(_whole_characters(self._held, LONGEST_LINE)))
        return lines

    def _take(self, length: int) -> str:
        self._returned = False
        line = self._held[:length].decode(errors="replace")
        del self._held[:length]
        return SCREEN_CONTROL.sub("", line)


class Ring:
    """The last lines of a service, bounded in number and in size."""

    __slots__ = ("_lines", "_most_bytes", "_size", "latest")

    def __init__(self, most_lines: int = 1000, most_bytes: int = 256 * 1024) -> None:
        self._lines: deque[tuple[str, int, float]] = deque(maxlen=most_lines)
        self._most_bytes = most_bytes
        self._size = 0
        self.latest = 0  # the number of the newest line; 0: none has come

    def __repr__(self) -> str:
        return f"<Ring {len(self._lines)} lines, {self._size} bytes>"

    def append(self, line: str, at: float = 0.0) -> None:
        """Keep a line, and when it was printed; the oldest ones go to make room for it."""
        size = len(line) if line.isascii() else len(line.encode())
        if len(self._lines) == self._lines.maxlen:
            self._forget_oldest()
        self._lines.append((line, size, at))
        self._size += size
        self.latest += 1
        while self._size > self._most_bytes:
            self._forget_oldest()

    def lines(self) -> tuple[str, ...]:
        """The lines kept, oldest first."""
        return tuple(line for line, _, _ in self._lines)

    def timed(self) -> tuple[tuple[float, str], ...]:
        """The lines kept, oldest first, each with when it was printed."""
        return tuple((at, line) for line, _, at in self._lines)

    def after(self, number: int) -> tuple[str, ...]:
        """The lines kept that came after the one of this number, oldest first."""
        new = self.latest - number
        return self.lines()[-new:] if new > 0 else ()

    def _forget_oldest(self) -> None:
        _, size, _ = self._lines.popleft()
        self._size -= size


def plain(line: str) -> str:
    """Return the line without its colours."""
    return COLOR.sub("", line)


def color_index(name: str, colors: int) -> int:
    """Return which of so many colours a service has: the same one in every run."""
    return crc32(name.encode()) % colors


def _has_control(data: bytes | bytearray) -> bool:
    """Return whether there is a control byte other than LF and tab."""
    return len(data.translate(None, CONTROLS)) < len(data)


def _whole_characters(data: bytearray, length: int) -> int:
    """Return the length, less what would cut a UTF-8 character in two (RFC 3629, section 3)."""
    for cut in range(length, length - 4, -1):
        if data[cut] & 0xC0 != 0x80:
            return cut
    return length
