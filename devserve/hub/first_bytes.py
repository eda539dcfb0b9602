"""Whom a new connection is for, told from its first bytes, before anything of them is answered."""

from __future__ import annotations

import re

MOST = 64 * 1024  # bytes looked at; a ClientHello has about 2 KiB, a request's head seldom more than 8
RECORD_HEADER = 5  # bytes
HANDSHAKE = 0x16  # the type of a record
CLIENT_HELLO = 1  # the type of a handshake message
SERVER_NAME = 0  # the type of an extension, and of a name in it
BEFORE_SESSION = 2 + 32  # the bytes of version and random
HOST = re.compile(rb"\nhost:[ \t]*([^\r\n]*)\r?\n", re.IGNORECASE)
ABSOLUTE = re.compile(rb"[A-Z]+ https?://([^/?# \r\n]*)[^\n]*\n", re.IGNORECASE)
HEAD_END = re.compile(rb"\n\r?\n")


def server_name_in(data: bytes) -> str | None:
    """Return the server name that a ClientHello asks for; "" when it asks for none or is none; None: more is needed.

    RFC 8446, sections 4.1.2 and 5.1; RFC 6066, section 3.
    """
    try:
        message = _handshake_message(data)
        if message is None:
            return "" if len(data) >= MOST else None
        return _name_in(message)
    except IndexError:
        return ""  # OpenSSL says what is wrong with it


def host_in(data: bytes) -> str | None:
    """Return the host and port that a request's head names; "" when it names none; None: more is needed.

    A target in absolute form wins over the Host field (RFC 9112, section 3.2.2).
    """
    end = HEAD_END.search(data)
    match = ABSOLUTE.match(data) or HOST.search(data, 0, end.end() if end else len(data))
    if match:
        return match[1].strip().decode("ascii", "replace")
    return "" if end or len(data) >= MOST else None


def _handshake_message(data: bytes) -> bytes | None:
    """Return the body of the first handshake message, which may be spread over several records."""
    body, at = b"", 0
    while len(body) < 4 or len(body) < 4 + int.from_bytes(body[1:4]):
        if at < len(data) and data[at] != HANDSHAKE:
            raise IndexError
        if len(data) < at + RECORD_HEADER:
            return None
        length = int.from_bytes(data[at + 3 : at + RECORD_HEADER])
        if not length:
            raise IndexError
        fragment = data[at + RECORD_HEADER : at + RECORD_HEADER + length]
        if len(fragment) < length:
            return None
        body += fragment
        at += RECORD_HEADER + length
    if body[0] != CLIENT_HELLO:
        raise IndexError
    return body[4 : 4 + int.from_bytes(body[1:4])]


def _name_in(hello: bytes) -> str:
    at = BEFORE_SESSION
    at += 1 + hello[at]
    for size in (2, 1):  # the cipher suites, the compression methods
        at += size + _number(hello, at, size)
    end = at + 2 + _number(hello, at, 2) if at < len(hello) else at  # no extensions at all are allowed
    at += 2
    while at < end:
        kind, length = _number(hello, at, 2), _number(hello, at + 2, 2)
        at += 4
        if kind == SERVER_NAME:
            if hello[at + 2] != SERVER_NAME:
                return ""
            size = _number(hello, at + 3, 2)
            return hello[at + 5 : at + 5 + size].decode("ascii", "replace").lower().rstrip(".")
        at += length
    return ""


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + size])
