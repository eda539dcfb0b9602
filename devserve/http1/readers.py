"""Read bodies: one reader for each way in which a body can end (RFC 9112, section 6.3).

A reader's `read` takes bytes from the buffer and returns an event, or None if it needs more. `end` says what it means
that the stream has ended where `read` returned None.
"""

from __future__ import annotations

from typing import Final, NoReturn, Protocol

from devserve.errors import RemoteProtocolError
from devserve.http1.buffer import CRLF, ReceiveBuffer
from devserve.http1.diagnosis import trailers_refusal
from devserve.http1.events import END, ConnectionClosed, Data, EndOfMessage, Event
from devserve.http1.facts import LONGEST_BODY
from devserve.http1.framing import BodyLength, Delimiter
from devserve.http1.grammar import CHUNK_LINE, FIELD, FIELD_SECTION
from devserve.http1.headers import Headers
from devserve.http1.limits import FIELDS_TOO_LARGE, Limits

# Fields that are understood before the body, and would let a sender change what a proxy has already decided
# (RFC 9110, section 6.5.1): framing, routing, connection, authentication, controls, and the content's own description.
FORBIDDEN_TRAILERS: Final = frozenset(
    b"age authorization cache-control connection content-encoding content-length content-range content-type cookie "
    b"date expect expires forwarded host keep-alive location max-forwards origin pragma proxy-authenticate "
    b"proxy-authorization proxy-connection range retry-after set-cookie te trailer transfer-encoding upgrade vary "
    b"via www-authenticate".split()
)
FORBIDDEN_TRAILER_PREFIX: Final = b"x-forwarded-"


class Reader(Protocol):
    """What reads the peer's bytes in one of its states."""

    def read(self, buffer: ReceiveBuffer) -> Event | None:
        """Take the next event from the buffer."""

    def end(self, buffer: ReceiveBuffer) -> Event:
        """Return the event that the end of the stream is here, or refuse it."""


class LengthReader:
    """Read a body of known length."""

    __slots__ = ("_length", "_remaining")

    def __init__(self, length: int) -> None:
        self._length = self._remaining = length

    def read(self, buffer: ReceiveBuffer) -> Data | EndOfMessage | None:
        """Take what is there of the body, then its end."""
        if not self._remaining:
            return END
        if not buffer:
            return None
        data = buffer.take(self._remaining)
        self._remaining -= len(data)
        return Data(data)

    def read_whole(self, buffer: ReceiveBuffer) -> bytes | None:
        """Take all that is missing of the body, if it is there."""
        remaining = self._remaining
        if not remaining:
            return b""
        if len(buffer) < remaining:
            return None
        self._remaining = 0
        return buffer.take(remaining)

    def end(self, buffer: ReceiveBuffer) -> NoReturn:
        """Refuse the end of the stream: the body is incomplete."""
        received = self._length - self._remaining
        raise RemoteProtocolError(f"the connection was closed after {received} of {self._length} bytes of a body")


class ChunkedReader:
    """Read a chunked body (RFC 9112, section 7.1). Extensions are checked and dropped."""

    __slots__ = ("_after_data", "_at_trailers", "_limits", "_remaining")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._remaining = 0  # of the current chunk
        self._after_data = False  # the CRLF behind a chunk's data comes next
        self._at_trailers = False

    def read(self, buffer: ReceiveBuffer) -> Data | EndOfMessage | None:
        """Take what is there of the current chunk, or after the last one the trailers."""
        if not self._remaining and not self._at_trailers and not self._next_chunk(buffer):
            return None
        if self._at_trailers:
            return self._read_trailers(buffer)
        if not buffer:
            return None
        data = buffer.take(self._remaining)
        self._remaining -= len(data)
        self._after_data = not self._remaining
        return Data(data)

    def end(self, buffer: ReceiveBuffer) -> NoReturn:
        """Refuse the end of the stream: the last chunk or the trailers are missing."""
        raise RemoteProtocolError("the connection was closed before the end of a chunked body")

    def _next_chunk(self, buffer: ReceiveBuffer) -> bool:
        if self._after_data:
            crlf = buffer.starts_with(CRLF)
            if crlf is False:
                raise RemoteProtocolError("the data of a chunk does not end with CRLF (RFC 9112, section 7.1)")
            if crlf is None:
                return False
            buffer.take(len(CRLF))
            self._after_data = False
        length = buffer.line_length(self._limits.chunk_line)
        if length is None:
            if len(buffer) >= self._limits.chunk_line:
                raise RemoteProtocolError(f"a chunk's size line is longer than {self._limits.chunk_line} bytes")
            return False
        self._remaining = chunk_size(buffer.take(length))
        self._at_trailers = not self._remaining
        return True

    def _read_trailers(self, buffer: ReceiveBuffer) -> EndOfMessage | None:
        empty = buffer.starts_with(CRLF)
        if empty:
            buffer.take(len(CRLF))
            return END
        section = buffer.take_section(self._limits.trailers)
        if section is not None:
            return EndOfMessage(parse_trailers(section, self._limits))
        if buffer.is_hopeless():
            raise RemoteProtocolError("the trailers hold a control byte, or a line that does not end with CRLF")
        if len(buffer) >= self._limits.trailers:
            raise RemoteProtocolError(f"the trailers are longer than {self._limits.trailers} bytes", FIELDS_TOO_LARGE)
        return None


class CloseReader:
    """Read a response body that ends with the connection."""

    __slots__ = ()

    def read(self, buffer: ReceiveBuffer) -> Data | None:
        """Take everything."""
        return Data(buffer.take(len(buffer))) if buffer else None

    def end(self, buffer: ReceiveBuffer) -> EndOfMessage:
        """Return the end of the message, which the end of the stream is."""
        return END


class SilenceReader:
    """Read nothing: it is not the peer's turn to speak."""

    __slots__ = ()

    def read(self, buffer: ReceiveBuffer) -> None:
        """Refuse any byte."""
        if buffer:
            raise RemoteProtocolError("bytes came that are no part of any message")

    def end(self, buffer: ReceiveBuffer) -> ConnectionClosed:
        """Return that the peer has closed in good order."""
        return ConnectionClosed()


SILENCE: Final = SilenceReader()
NO_BODY: Final = LengthReader(0)
UNTIL_CLOSE: Final = CloseReader()


def body_reader(length: BodyLength, limits: Limits) -> Reader:
    """Return the reader for a body that ends so."""
    if length == 0:
        return NO_BODY
    if length is Delimiter.CHUNKED:
        return ChunkedReader(limits)
    if length is Delimiter.CLOSE:
        return UNTIL_CLOSE
    return LengthReader(length)


def chunk_size(line: bytes) -> int:
    """Return the size that a chunk's first line, with its CRLF, announces.

    Raises:
        RemoteProtocolError: it is no hexadecimal number, is too large, or an extension is malformed.
    """
    match = CHUNK_LINE.fullmatch(line, 0, len(line) - len(CRLF))
    if match is None:
        raise RemoteProtocolError("a chunk's size line is malformed (RFC 9112, section 7.1)")
    size = int(match[1], 16)
    if size > LONGEST_BODY:
        raise RemoteProtocolError(f"a chunk of {size} bytes is larger than {LONGEST_BODY}")
    return size


def parse_trailers(section: bytes, limits: Limits) -> Headers:
    """Return the trailers of a whole section, without those that may not come behind the body.

    Raises:
        RemoteProtocolError: it breaks the grammar or a limit.
    """
    if not FIELD_SECTION.fullmatch(section):
        raise trailers_refusal(section)
    pairs = FIELD.findall(section, 0, len(section) - len(CRLF))
    if len(pairs) > limits.fields:
        raise RemoteProtocolError(f"there are more than {limits.fields} trailers", FIELDS_TOO_LARGE)
    return Headers.trusted([pair for pair in pairs if _may_trail(pair[0].lower())])


def _may_trail(name: bytes) -> bool:
    return name not in FORBIDDEN_TRAILERS and not name.startswith(FORBIDDEN_TRAILER_PREFIX)
