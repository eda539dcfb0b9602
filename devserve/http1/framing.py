"""Where a body ends: decided from the fields of its head alone (RFC 9112, section 6). There are no side channels."""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeAlias

from devserve.errors import RemoteProtocolError
from devserve.http1.events import Request, Response
from devserve.http1.facts import facts_of
from devserve.http1.grammar import TOKEN
from devserve.http1.headers import Headers

NOT_IMPLEMENTED: Final = 501
NO_CONTENT: Final = 204
BODILESS_STATUSES: Final = frozenset({NO_CONTENT, 304})


class Delimiter(Enum):
    """What ends a body of unknown length."""

    CHUNKED = "the last chunk"
    CLOSE = "the end of the connection"


BodyLength: TypeAlias = int | Delimiter


def is_old(version: bytes | None) -> bool:
    """Return whether a peer of this version must be taken for HTTP/1.0; None if it has not shown any."""
    return version is None or version < b"1.1"


def request_body(request: Request) -> BodyLength:
    """Return how the body of a request ends (RFC 9112, section 6.3, steps 4 to 7).

    Raises:
        RemoteProtocolError: its framing is invalid or could be understood in two ways.
    """
    facts = facts_of(request.headers)
    if not facts.has_coding:
        return facts.length or 0
    if facts.length is not None:
        raise RemoteProtocolError("the request has both Transfer-Encoding and Content-Length (RFC 9112, section 6.1)")
    check_transfer_encoding(request.headers, request.http_version)
    return Delimiter.CHUNKED


def response_body(method: bytes | None, response: Response) -> BodyLength:
    """Return how the body of a response to a request of this method ends (RFC 9112, section 6.3).

    A length beside Transfer-Encoding is removed, as section 6.3 (3) allows.

    Raises:
        RemoteProtocolError: its framing is invalid, be there a body or not.
    """
    facts = facts_of(response.headers)
    length: BodyLength | None = facts.length
    if facts.has_coding:
        check_transfer_encoding(response.headers, response.http_version)
        response.headers.remove(b"content-length")
        length = Delimiter.CHUNKED
    if method == b"HEAD" or response.status_code in BODILESS_STATUSES:
        return 0
    return Delimiter.CLOSE if length is None else length


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
