"""Bodies as a service codes and flushes them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli

from support import zstd

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
DECODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "br": brotli.decompress,
    "zstd": zstd.decompress,
}


def flushed(name: str, *parts: bytes) -> list[bytes]:
    """Return the coded parts of one body, flushed after each."""
    if name == "br":
        other = brotli.Compressor()
        return [*(other.process(part) + other.flush() for part in parts), other.finish()]
    if name == "zstd":
        third = zstd.ZstdCompressor()
        return [*(third.compress(part, zstd.ZstdCompressor.FLUSH_BLOCK) for part in parts), third.flush()]
    compressor = zlib.compressobj(6, zlib.DEFLATED, 31 if name == "gzip" else 15)
    return [*(compressor.compress(part) + compressor.flush(zlib.Z_SYNC_FLUSH) for part in parts), compressor.flush()]
