"""One line about one exchange, for people or for programs, in which nothing is secret."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote_plus

from devserve.http1 import Request, Response

MASK = "***"
MOST_OF_TARGET = 2000  # characters; a target may have 64 KiB
LAYERS = 3  # of percent-encoding: a URL in a URL in a URL

# A key looks like a secret's by one of its words (of accessToken, x-amz-signature, session_id …) or by a part of it
# where words are not told apart (jsessionid, csrftoken).
WORDS = frozenset({
    "assertion", "auth", "authentication", "bearer", "code", "hmac", "key", "keys", "mac", "nonce", "otp", "pass",
    "passcode", "pin", "sid", "sig", "ticket", "totp", "verifier",
})  # fmt: skip
PARTS = re.compile(
    r"token|secret|passw|passphrase|signature|session|sessid|credential|jwt|saml|authori[sz]|authcode|oauth|apikey|key$|pwd$"
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")  # of camelCase and of anything-between

# Each begins where the one before cannot: a long hostile target takes no longer than its length.
USERINFO = re.compile(r"//[^/?#]*@|:[^/?#:@\s]+@")  # RFC 3986, section 3.2.1; without // in values such as a proxy's
JWT = re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.", re.ASCII)  # RFC 7519: {" in base64url, and a dot
PAIR = re.compile(rf"""(?<![\w.$\[\]-])([\w.$\[\]-]+)["']?\s*[=:](?!{re.escape(MASK)}(?:[&;/]|$))(?=[^&;#])""")
PARAMETER = re.compile(r";([^=;/?]+)=[^;/?]*")  # of a path segment (RFC 3986, section 3.3)
AUTHORITY = re.compile(r"^((?:[a-z][a-z0-9+.-]*:)?//)?[^/?#]*@", re.IGNORECASE)  # RFC 9112, sections 3.2.2 and 3.2.3

EVENTS = b"text/event-stream"
TEXTS = (b"json", b"xml", b"javascript", b"ecmascript", b"x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Access:
    """What happened in one exchange."""

    when: datetime  # its beginning
    service: str
    method: str  # empty, as the target is, when what came was no request: nothing of it is quoted
    target: str = field(repr=False)  # as it came, secrets included
    status: int = 0  # 0: the client was gone before there was one
    received: int = 0  # bytes of the request's body
    sent: int = 0  # bytes of the response's body
    upstream_seconds: float | None = None  # from dialling until the response's head; None: the service was not asked
    total_seconds: float = 0.0
    held_seconds: float = 0.0  # waiting for the service to be ready
    verdict: str = ""  # "injected", "not injected: REASON", or nothing when it was no page
    scheme: str = "https"
    connect_seconds: float = 0.0  # of the upstream's: until it had taken a connection
    request: Request | None = field(default=None, repr=False)  # as it came, secrets included
    response: Response | None = field(default=None, repr=False)
    request_body: bytes | None = field(default=None, repr=False)  # None: not kept, or too long
    response_body: bytes | None = field(default=None, repr=False)  # as it was sent: coded, cut off


def text(record: Access) -> str:
    """Return the line for people: the service first, times in milliseconds."""
    parts = [
        f"{record.service} {record.when:%H:%M:%S}.{record.when.microsecond // 1000:03d}",
        f"{record.method or '-'} {masked(record.target) or '-'} {record.status or '-'}",
        f"{record.received} B in, {record.sent} B out, {_milliseconds(record.total_seconds):.1f} ms",
    ]
    times = [] if record.upstream_seconds is None else [f"upstream {_milliseconds(record.upstream_seconds):.1f} ms"]
    times += [f"held {_milliseconds(record.held_seconds):.1f} ms"] if record.held_seconds else []
    parts += [f"({', '.join(times)})"] if times else []
    parts += [record.verdict] if record.verdict else []
    return _printable(" ".join(parts))


def as_json(record: Access) -> str:
    """Return the record as one line of JSON; times in milliseconds."""
    upstream = None if record.upstream_seconds is None else _milliseconds(record.upstream_seconds)
    return json.dumps({
        "time": record.when.isoformat(timespec="milliseconds"),
        "service": record.service,
        "method": record.method or None,
        "target": masked(record.target) or None,
        "status": record.status or None,
        "received": record.received,
        "sent": record.sent,
        "upstream_ms": upstream,
        "total_ms": _milliseconds(record.total_seconds),
        "held_ms": _milliseconds(record.held_seconds),
        "verdict": record.verdict,
    })  # fmt: skip


def is_text(response: Response) -> bool:
    """Tell whether a response's body is text by its Content-Type."""
    kind = (response.headers.first(b"content-type") or b"").partition(b";")[0].strip().lower()
    return kind.startswith(b"text/") or kind.endswith(TEXTS)


def is_stream(response: Response) -> bool:
    """Tell whether a response is an event stream, which has no end of its own."""
    return (response.headers.first(b"content-type") or b"").startswith(EVENTS)


def masked(target: str) -> str:
    """Return a request target with `***` in place of what looks like a secret."""
    path, mark, query = target.partition("?")
    bare = PARAMETER.sub(_masked_parameter, AUTHORITY.sub(rf"\1{MASK}@", path))
    segments = [MASK if is_telling(segment) else segment for segment in bare.split("/")]
    pairs = [_masked_pair(pair) for pair in query.split("&")]
    return _shortened("/".join(segments) + mark + "&".join(pairs))


def is_secret(key: str) -> bool:
    """Tell whether a key looks like that of a secret."""
    bare = _decoded(key)
    words = [word.lower() for word in WORD.findall(bare)]
    return not WORDS.isdisjoint(words) or PARTS.search("".join(words)) is not None


def is_telling(value: str) -> bool:
    """Tell whether a value holds a secret: userinfo, a signed token, or a pair with a secret's key."""
    bare = _decoded(value)
    if USERINFO.search(bare) or JWT.search(bare):
        return True
    return any(is_secret(key) for key in PAIR.findall(bare))


def _masked_parameter(found: re.Match[str]) -> str:
    return f";{found[1]}={MASK}" if is_secret(found[1]) else found[0]


def _masked_pair(pair: str) -> str:
    key, equals, value = pair.partition("=")
    if is_telling(key):
        return MASK
    return f"{key}={MASK}" if value and (is_secret(key) or is_telling(value)) else key + equals + value


def _decoded(value: str) -> str:
    """Return a text without percent-encoding, of which it may have several layers."""
    for _ in range(LAYERS):
        decoded = unquote_plus(value)
        if decoded == value:
            break
        value = decoded
    return value


def _shortened(target: str) -> str:
    return target if len(target) <= MOST_OF_TARGET else target[:MOST_OF_TARGET] + "…"


def _printable(line: str) -> str:
    """Return a line without what could move a terminal's cursor or look like another line."""
    if line.isascii() and line.isprintable():
        return line
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in line)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
