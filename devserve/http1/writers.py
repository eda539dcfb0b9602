"""Write messages: heads, and bodies with one writer for each way in which they can end (RFC 9112, section 6.3).

A body's pieces are to be sent in their order; among them a Data's own bytes object, never a copy. Only a chunked body
has trailers: elsewhere they are dropped, as RFC 9110, section 6.5.1 allows.
"""

from __future__ import annotations

from typing import Final, Protocol

from devserve.errors import LocalProtocolError
from devserve.http1.events import InformationalResponse, Request, Response
from devserve.http1.framing import BodyLength, Delimiter
from devserve.http1.headers import Headers


def write_request(request: Request) -> bytes:
    """Return the bytes of the head. Whatever version was received, ours is sent (RFC 9110, section 2.5)."""
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (request.method, request.target, request.headers.block)


def write_response(response: InformationalResponse | Response) -> bytes:
    """Return the bytes of the head, always in our own version."""
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (response.status_code, response.reason, response.headers.block)


class Writer(Protocol):
    """What turns a body's events into bytes."""

    def data(self, data: bytes) -> list[bytes]:
        """Return the pieces that carry these bytes."""

    def end(self, trailers: Headers) -> list[bytes]:
        """Return the pieces that end the body."""


class LengthWriter:
    """Write a body of announced length, neither more nor less."""

    __slots__ = ("_remaining",)

    def __init__(self, length: int) -> None:
        self._remaining = length

    def data(self, data: bytes) -> list[bytes]:
        """Return the data.

        Raises:
            LocalProtocolError: it goes beyond the length.
        """
        if len(data) > self._remaining:
            excess = len(data) - self._remaining
            raise LocalProtocolError(f"the body is {excess} bytes longer than the head announced")
        self._remaining -= len(data)
        return [data] if data else []

    def end(self, trailers: Headers) -> list[bytes]:
        """Return nothing: the length says it.

        Raises:
            LocalProtocolError: bytes are missing.
        """
        if self._remaining:
            raise LocalProtocolError(f"the body is {self._remaining} bytes shorter than the head announced")
        return []


class ChunkedWriter:
    """Write a body in chunks (RFC 9112, section 7.1)."""

    __slots__ = ()

    def data(self, data: bytes) -> list[bytes]:
        """Return the data as one chunk; nothing for no data, since an empty chunk is the last."""
        return [b"%x\r\n" % len(data), data, b"\r\n"] if data else []

    def end(self, trailers: Headers) -> list[bytes]:
        """Return the last chunk and the trailers."""
        return [b"0\r\n%b\r\n" % trailers.block]


class CloseWriter:
    """Write a body that ends with the connection, for peers that do not know chunks."""

    __slots__ = ()

    def data(self, data: bytes) -> list[bytes]:
        """Return the data."""
        return [data] if data else []

    def end(self, trailers: Headers) -> list[bytes]:
        """Return nothing: closing the connection says it."""
        return []


NOTHING: Final = LengthWriter(0)
CHUNKS: Final = ChunkedWriter()
UNTIL_CLOSE: Final = CloseWriter()


def body_writer(length: BodyLength) -> Writer:
    """Return the writer for a body that ends so."""
    if length == 0:
        return NOTHING
    if length is Delimiter.CHUNKED:
        return CHUNKS
    if length is Delimiter.CLOSE:
        return UNTIL_CLOSE
    return LengthWriter(length)
