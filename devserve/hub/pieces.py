"""JSON documents in pieces, each of which fits into a message of the control socket whatever is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from devserve.errors import RemoteProtocolError
from devserve.hub.orders import Piece

LONGEST = 256 * 1024  # characters of one piece, all ASCII; a message escapes them once more
MOST = 64 * 1024 * 1024  # characters of a whole document


def pieces_of(document: Mapping[str, object]) -> Iterator[Piece]:
    """Yield the pieces of a document, the last one marked."""
    text = json.dumps(document)
    for start in range(0, len(text), LONGEST):
        yield Piece(text[start : start + LONGEST], is_last=start + LONGEST >= len(text))


class Pieces:
    """Puts documents together again."""

    __slots__ = ("_held", "_size")

    def __init__(self) -> None:
        self._held: list[str] = []
        self._size = 0

    def __repr__(self) -> str:
        return f"<Pieces {self._size} characters held>"

    def take(self, piece: Piece) -> Mapping[str, object] | None:
        """Take the next piece; return the document if that was its last one.

        Raises:
            RemoteProtocolError: it is no document, or one without an end.
        """
        self._held.append(piece.text)
        self._size += len(piece.text)
        if self._size > MOST:
            raise RemoteProtocolError(f"a document of the control socket has more than {MOST} characters")
        if not piece.is_last:
            return None
        text = "".join(self._held)
        self._held.clear()
        self._size = 0
        return _document(text)


def _document(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RemoteProtocolError("a document of the control socket is no JSON object")
    return found
