"""What the fields of a head say about its message and its connection, worked out once for the same fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devserve.errors import RemoteProtocolError
from devserve.http1.grammar import CONTENT_LENGTH, HOST
from devserve.http1.headers import Headers

UNUSUAL: Final = frozenset({b"transfer-encoding", b"upgrade", b"expect"})
LONGEST_BODY: Final = 2**63 - 1  # what a signed 64-bit integer holds, in the peer as well


@dataclass(slots=True)
class Facts:
    """What framing (RFC 9112, section 6) and connection options (RFC 9110, section 7.6.1) depend on."""

    length: int | None  # Content-Length
    has_coding: bool  # Transfer-Encoding, of whatever kind
    options: frozenset[bytes]  # of Connection, in lower case
    has_upgrade: bool
    expects_continue: bool
    has_one_host: bool  # a single Host field, and it is well-formed (RFC 9112, section 3.2)
    is_usual: bool  # neither coding, Upgrade nor Expect, and the connection lives on: all that most heads are about


def facts_of(headers: Headers) -> Facts:
    """Return the facts of these fields.

    A repeated length becomes one line, so that no one can forward two.

    Raises:
        RemoteProtocolError: Content-Length is no length, or several different ones.
    """
    facts = headers.facts
    if facts is None:
        length = content_length(headers)
        hosts = headers.all(b"host")
        options = frozenset(headers.tokens(b"connection"))
        facts = headers.facts = Facts(
            length=length,
            has_coding=b"transfer-encoding" in headers,
            options=options,
            has_upgrade=b"upgrade" in headers,
            expects_continue=b"100-continue" in headers.tokens(b"expect"),
            has_one_host=len(hosts) == 1 and HOST.fullmatch(hosts[0]) is not None,
            is_usual=b"close" not in options and headers.has_none_of(UNUSUAL),
        )
    return facts


def is_plain(headers: Headers) -> bool:
    """Return whether framing has nothing to rewrite in these fields: at most one framing field, as it should be."""
    lengths, codings = headers.all(b"content-length"), headers.all(b"transfer-encoding")
    if codings:
        return codings == [b"chunked"] and not lengths
    return not lengths or (len(lengths) == 1 and CONTENT_LENGTH.fullmatch(lengths[0]) is not None)


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
