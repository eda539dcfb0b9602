"""The bytes that have been received and not yet understood."""

from __future__ import annotations

from typing import Final

from devserve.http1.grammar import NEVER_A_HEAD

CRLF: Final = b"\r\n"
SECTION_END: Final = b"\r\n\r\n"


class ReceiveBuffer:
    """A queue of bytes that returns a received object itself where it can, and never searches a byte twice.

    While one object waits it is kept as it is; only what must be joined to something older is copied.
    """

    __slots__ = ("_data", "_searched", "_start")

    def __init__(self) -> None:
        self._data: bytes | bytearray = b""
        self._start = 0  # of a bytearray always 0
        self._searched = 0  # where the next search for the end of a section begins

    def __len__(self) -> int:
        return len(self._data) - self._start

    def __bool__(self) -> bool:
        return self._start < len(self._data)

    def __bytes__(self) -> bytes:
        return bytes(self._data[self._start :])

    def append(self, data: bytes) -> None:
        """Add received bytes."""
        if self._start == len(self._data):
            self._data, self._start, self._searched = data, 0, 0
        elif isinstance(self._data, bytearray):
            self._data += data
        else:
            self._searched = max(0, self._searched - self._start)
            self._data = bytearray(self._data[self._start :] if self._start else self._data)
            self._data += data
            self._start = 0

    def take(self, count: int) -> bytes:
        """Remove and return at most `count` bytes: the received object itself if it holds no others."""
        data = self._data
        if isinstance(data, bytearray):
            data = self._data = bytes(data)
        end = self._start + count
        taken = data[self._start : end] if self._start or end < len(data) else data
        if end >= len(data):
            self._data, self._start, self._searched = b"", 0, 0  # an idle connection keeps nothing alive
        else:
            self._start = end
        return taken

    def take_section(self, limit: int) -> bytes | None:
        """Remove and return the next lines up to an empty one, if they are complete within `limit` bytes."""
        data, start = self._data, self._start
        if not start and not self._searched and len(data) <= limit:
            end = data.find(SECTION_END)  # the usual case; bounds cost as much as the search
        else:
            end = data.find(SECTION_END, self._searched if self._searched > start else start, start + limit)
        return None if end < 0 else self.take(end + len(SECTION_END) - start)

    def starts_with(self, prefix: bytes) -> bool | None:
        """Return whether the next bytes are these; None if too few have come to know."""
        beginning = self._data[self._start : self._start + len(prefix)]
        if len(beginning) < len(prefix) and prefix.startswith(beginning):
            return None
        return beginning == prefix

    def line_length(self, limit: int) -> int | None:
        """Return the length of the next line with its CRLF, if it is complete within `limit` bytes."""
        end = self._data.find(CRLF, self._start, self._start + limit)
        return None if end < 0 else end + len(CRLF) - self._start

    def is_hopeless(self) -> bool:
        """Return whether an incomplete section holds what no section may; each byte is looked at once."""
        found = NEVER_A_HEAD.search(self._data, max(self._start, self._searched))
        self._searched = max(self._start, len(self._data) - len(SECTION_END) + 1)
        return found is not None
