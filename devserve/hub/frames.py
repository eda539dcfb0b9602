"""The frames of a lease's connection: a JSON object on a line, then as many bytes as its `size` says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from devserve.errors import RemoteProtocolError

LONGEST = 1024 * 1024  # bytes of a line, and of what follows it


def frame(message: Mapping[str, object], data: bytes = b"") -> bytes:
    """Return a message as it is sent."""
    return json.dumps({**message, "size": len(data)}).encode() + b"\n" + data


class Frames:
    """Cuts what comes into frames, the same ones however it is cut."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def __repr__(self) -> str:
        return f"<Frames {len(self._held)} bytes held>"

    def feed(self, data: bytes) -> Iterator[tuple[Mapping[str, object], bytes]]:
        """Yield each message that these bytes complete, with its own bytes.

        Raises:
            RemoteProtocolError: the peer speaks something else.
        """
        self._held += data
        while (end := self._held.find(b"\n")) >= 0:
            message = _object(bytes(self._held[:end]))
            size = message.get("size")
            if not isinstance(size, int) or not 0 <= size <= LONGEST:
                raise RemoteProtocolError(f"a frame has the size {size!r}")
            after = end + 1 + size
            if len(self._held) < after:
                return
            body = bytes(self._held[end + 1 : after])
            del self._held[:after]
            yield message, body
        if len(self._held) > LONGEST:
            raise RemoteProtocolError("a frame's line has no end")


def _object(line: bytes) -> Mapping[str, object]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise RemoteProtocolError("a frame does not begin with a JSON object")
    return message
