"""Content codings as streams: a body decoded piece by piece, and encoded again with a flush after each piece."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import brotli

from devserve.errors import RemoteProtocolError
from devserve.proxy.pages.zstandard import ZstdDecoder, ZstdEncoder, ZstdError

PIECE = 64 * 1024  # bytes that are decoded at once: a small body may decode to any size
MOST_CODINGS = 3  # one after the other; nobody needs more than one
KNOWN = ("gzip", "x-gzip", "deflate", "br", "zstd")

# Of the window bits of zlib: what wraps the compressed data.
GZIP, ZLIB, RAW = 31, 15, -15
GZIP_MAGIC = b"\x1f\x8b"
# The client is on this machine, or on the next: time counts, size does not.
DEFLATE_LEVEL = 1
BROTLI_QUALITY = 2


class Decoder(Protocol):
    """One coding, being decoded."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes decode to."""

    @property
    def whole(self) -> bool:
        """Whether the coded data came to its end."""


class Encoder(Protocol):
    """One coding, being encoded."""

    def encode(self, data: bytes) -> bytes:
        """Return the data encoded and flushed: a decoder can give out all of it."""

    def end(self) -> bytes:
        """Return the end of the coded data."""


class DeflateDecoder:
    """gzip, or deflate with or without the wrapper that RFC 9110, section 8.4.1.2 asks for: browsers take both."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._rest = b""
        self._wrapper = GZIP if gzip else 0  # 0: the first two bytes tell
        self._stream = zlib.decompressobj(GZIP)
        self._over = False

    @property
    def wrapper(self) -> int:
        """What wraps the data, as zlib's window bits."""
        return self._wrapper or ZLIB

    @property
    def whole(self) -> bool:
        """Whether the coded data came to its end."""
        return self._stream.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes decode to. What follows the end is ignored, except a gzip member (RFC 1952)."""
        self._rest += data
        while self._rest and not self._over:
            if self._wrapper and not self._stream.eof:
                yield from self._inflated()
            elif len(self._rest) < len(GZIP_MAGIC):
                return
            elif not self._wrapper:
                self._wrapper = ZLIB if _is_zlib(self._rest) else RAW
                self._stream = zlib.decompressobj(self._wrapper)
            else:
                self._over = not (self._gzip and self._rest.startswith(GZIP_MAGIC))
                self._stream = self._stream if self._over else zlib.decompressobj(GZIP)

    def _inflated(self) -> Iterator[bytes]:
        while True:
            piece = self._stream.decompress(self._rest, PIECE)
            self._rest = self._stream.unconsumed_tail or self._stream.unused_data
            if piece:
                yield piece
            if self._stream.eof or (not self._rest and len(piece) < PIECE):  # a full piece may have more behind it
                return


class DeflateEncoder:
    """gzip or deflate, in the wrapper that the original had."""

    def __init__(self, wrapper: Callable[[], int]) -> None:
        self._wrapper = wrapper
        self._stream: zlib._Compress | None = None

    def _made(self) -> zlib._Compress:
        self._stream = self._stream or zlib.compressobj(DEFLATE_LEVEL, zlib.DEFLATED, self._wrapper())
        return self._stream

    def encode(self, data: bytes) -> bytes:
        """Return the data encoded and flushed."""
        return self._made().compress(data) + self._made().flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """Return the end of the coded data."""
        return self._made().flush()


class BrotliDecoder:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def whole(self) -> bool:
        """Whether the coded data came to its end."""
        return bool(self._stream.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes decode to. Bytes behind the end are a mistake: the library says so of some."""
        if data and self._stream.is_finished():
            raise brotli.error("bytes behind the end")
        while not self._stream.is_finished():
            piece = self._stream.process(data, output_buffer_limit=PIECE)
            data = b""
            if piece:
                yield piece
            if len(piece) < PIECE and self._stream.can_accept_more_data():  # a full piece may have more behind it
                return


class BrotliEncoder:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        self._stream = brotli.Compressor(quality=BROTLI_QUALITY)

    def encode(self, data: bytes) -> bytes:
        """Return the data encoded and flushed."""
        return bytes(self._stream.process(data)) + bytes(self._stream.flush())

    def end(self) -> bytes:
        """Return the end of the coded data."""
        return bytes(self._stream.finish())


class Codings:
    """All codings of a body, in the order in which they were applied; none: the body is as it is."""

    def __init__(self, names: Sequence[str]) -> None:
        pairs = [_coding(name) for name in names]
        self._names = ", ".join(names)
        self._decoders = [decoder for decoder, _ in reversed(pairs)]
        self._encoders = [encoder for _, encoder in pairs]

    def __repr__(self) -> str:
        return f"<Codings {self._names or 'identity'}>"

    @property
    def whole(self) -> bool:
        """Whether the coded data came to its end: what breaks off must go on looking broken."""
        return all(decoder.whole for decoder in self._decoders)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield all that these bytes decode to, in pieces.

        Raises:
            RemoteProtocolError: they are not what the response says.
        """
        try:
            yield from _through(self._decoders, data)
        except (zlib.error, brotli.error, ZstdError) as error:
            raise RemoteProtocolError(f"the body is not {self._names}") from error

    def encode(self, data: bytes) -> bytes:
        """Return the data encoded, so that all of it can be decoded at once."""
        for encoder in self._encoders if data else ():
            data = encoder.encode(data)
        return data

    def end(self) -> bytes:
        """Return the end of the coded data."""
        data = b""
        for encoder in self._encoders:
            data = (encoder.encode(data) if data else b"") + encoder.end()
        return data


def known(elements: Iterable[bytes]) -> tuple[str, ...] | None:
    """Return the codings that Content-Encoding lists; None when one of them cannot be decoded here."""
    names = tuple(name for element in elements if (name := element.decode("latin-1")) != "identity")
    return names if len(names) <= MOST_CODINGS and all(name in KNOWN for name in names) else None


def acceptable(accepted: Iterable[bytes]) -> bytes:
    """Return an Accept-Encoding without what could not be decoded here: dictionaries (RFC 9842), and `*`."""
    names = (*KNOWN, "identity")
    kept = [element for element in accepted if re.split(rb"[;\s]", element)[0].decode("latin-1") in names]
    return b", ".join(kept) or b"identity"


def _coding(name: str) -> tuple[Decoder, Encoder]:
    if name == "br":
        return BrotliDecoder(), BrotliEncoder()
    if name == "zstd":
        return ZstdDecoder(PIECE), ZstdEncoder()
    decoder = DeflateDecoder(gzip=name != "deflate")
    return decoder, DeflateEncoder(lambda: decoder.wrapper)


def _through(decoders: Sequence[Decoder], data: bytes) -> Iterator[bytes]:
    if not decoders:
        yield from [data] if data else []
        return
    for piece in decoders[0].feed(data):
        yield from _through(decoders[1:], piece)


def _is_zlib(data: bytes) -> bool:
    """Tell whether data has zlib's two-byte head (RFC 1950, section 2.2): deflate in a window, and its check."""
    return data[0] & 0x8F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
