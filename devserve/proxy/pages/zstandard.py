"""The coding zstd (RFC 8878), which Python has in its own library from 3.14 on."""

from __future__ import annotations

import sys
from collections.abc import Iterator

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdCompressor, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdCompressor, ZstdDecompressor, ZstdError

__all__ = ["ZstdDecoder", "ZstdEncoder", "ZstdError"]

LEVEL = 1
WINDOW_LOG = 23  # 8 MiB, the most that browsers take (RFC 9659)
MAGIC_OCTETS = 4
FRAME = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"  # of a frame without data; the octet before it may be any from 50 to 5F


class ZstdDecoder:
    """Frames, one after the other."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stream = self._new()
        self._rest = b""
        self._over = False

    def _new(self) -> ZstdDecompressor:
        return ZstdDecompressor(options={DecompressionParameter.window_log_max: WINDOW_LOG})

    @property
    def whole(self) -> bool:
        """Whether the coded data came to its end."""
        return self._stream.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes decode to, in pieces. What follows the end is ignored, except another frame."""
        self._rest += data
        while self._rest and not self._over:
            if self._stream.eof:
                if len(self._rest) < MAGIC_OCTETS:
                    return
                self._over = not _is_frame(self._rest)
                self._stream = self._stream if self._over else self._new()
            else:
                yield from self._decoded()

    def _decoded(self) -> Iterator[bytes]:
        data, self._rest = self._rest, b""
        while True:
            piece = self._stream.decompress(data, self._most)
            data = b""
            if piece:
                yield piece
            if self._stream.eof or self._stream.needs_input:
                self._rest = self._stream.unused_data
                return


class ZstdEncoder:
    """One frame."""

    def __init__(self) -> None:
        self._stream = ZstdCompressor(LEVEL)

    def encode(self, data: bytes) -> bytes:
        """Return the data encoded and flushed."""
        return self._stream.compress(data, ZstdCompressor.FLUSH_BLOCK)

    def end(self) -> bytes:
        """Return the end of the coded data."""
        return self._stream.flush()


def _is_frame(data: bytes) -> bool:
    return data.startswith(FRAME) or (data[1:MAGIC_OCTETS] == SKIPPABLE and data[0] & 0xF0 == 0x50)
