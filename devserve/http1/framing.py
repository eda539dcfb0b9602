"""Where a body ends: decided from the fields of its head alone (RFC 9112, section 6). There are no side channels."""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeAlias

from devserve.errors import RemoteProtocolError
from devserve.http1.events import Request, Response
from devserve.http1.grammar import CONTENT_LENGTH, TOKEN
from devserve.http1.headers import Headers

NOT_IMPLEMENTED: Final = 501
NO_CONTENT: Final = 204
BODILESS_STATUSES: Final = frozenset({NO_CONTENT, 304})
LONGEST_BODY: Final = 2**63 - 1  # what a signed 64-bit integer holds, in the peer as well


class Delimiter(Enum):
    """What ends a body of unknown length."""

    CHUNKED = "the last chunk"
    CLOSE = "the end of the connection"


BodyLength: TypeAlias = int | Delimiter


def is_old(version: bytes | None) -> bool:
    """Return whether a peer of this version must be taken for HTTP/1.0; None if it has not shown any."""
    return version is None or version < b"1.1"


def has_both_framings(headers: Headers) -> bool:
    """Return whether a head announces its body's end in two ways, of which two readers may take different ones."""
    return b"transfer-encoding" in headers and b"content-length" in headers


def request_body(request: Request) -> BodyLength:
    """Return how the body of a request ends (RFC 9112, section 6.3, steps 4 to 7).

    A repeated length becomes one line, so that no one can forward two.

    Raises:
        RemoteProtocolError: its framing is invalid or could be understood in two ways.
    """
    headers = request.headers
    if b"transfer-encoding" not in headers:
        return content_length(headers) or 0
    if b"content-length" in headers:
        raise RemoteProtocolError("the request has both Transfer-Encoding and Content-Length (RFC 9112, section 6.1)")
    check_transfer_encoding(headers, request.http_version)
    return Delimiter.CHUNKED


def response_body(method: bytes | None, response: Response) -> BodyLength:
    """Return how the body of a response to a request of this method ends (RFC 9112, section 6.3).

    A repeated length becomes one line, and one beside Transfer-Encoding is removed, as section 6.3 (3) allows.

    Raises:
        RemoteProtocolError: its framing is invalid, be there a body or not.
    """
    headers = response.headers
    length: BodyLength | None = content_length(headers)
    if b"transfer-encoding" in headers:
        check_transfer_encoding(headers, response.http_version)
        headers.remove(b"content-length")
        length = Delimiter.CHUNKED
    if method == b"HEAD" or response.status_code in BODILESS_STATUSES:
        return 0
    return Delimiter.CLOSE if length is None else length


def content_length(headers: Headers) -> int | None:
    """Return the Content-Length, which is then a single line.

    Raises:
        RemoteProtocolError: it is no length, or several different ones.
    """
    value = headers.first(b"content-length")
    if value is None:
        return None
    if not CONTENT_LENGTH.fullmatch(value) or len(headers.all(b"content-length")) > 1:
        value = _repeated_length(headers)
        headers.replace(b"Content-Length", value)
    length = int(value)
    if length > LONGEST_BODY:
        raise RemoteProtocolError(f"Content-Length {length} is larger than {LONGEST_BODY}")
    return length


def _repeated_length(headers: Headers) -> bytes:
    values = {element.strip(b" \t") for line in headers.all(b"content-length") for element in line.split(b",")}
    value = min(values)
    if not all(map(CONTENT_LENGTH.fullmatch, values)):
        raise RemoteProtocolError("Content-Length is not a decimal number of bytes (RFC 9112, section 6.3)")
    if len(values) > 1:
        raise RemoteProtocolError("Content-Length is given twice, and differs (RFC 9112, section 6.3)")
    return value


def check_transfer_encoding(headers: Headers, version: bytes) -> None:
    """Refuse every Transfer-Encoding but exactly one `chunked`, which is then spelled so.

    Raises:
        RemoteProtocolError: it is another, with status 501 if it is a coding that others may know.
    """
    if is_old(version):
        raise RemoteProtocolError("HTTP/1.0 has no Transfer-Encoding (RFC 9112, section 6.1)")
    values = headers.all(b"transfer-encoding")
    if values == [b"chunked"]:
        return
    codings = [coding.strip(b" \t").lower() for value in values for coding in value.split(b",")]
    if codings == [b"chunked"]:
        headers.replace(b"Transfer-Encoding", b"chunked")
        return
    raise RemoteProtocolError("Transfer-Encoding is not exactly one chunked (RFC 9112, section 6.1)", _status(codings))


def _status(codings: list[bytes]) -> int:
    well_formed = all(map(TOKEN.fullmatch, codings)) and b"chunked" not in codings[:-1]
    return NOT_IMPLEMENTED if well_formed else 400
