"""One exchange as the page shows it: a row of the waterfall, and all that there is to say of it.

Nothing secret leaves here: targets and fields are masked, the URLs in them too.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from devserve.errors import RemoteProtocolError
from devserve.http1 import Headers
from devserve.proxy.access import MASK, Access, is_secret, masked
from devserve.proxy.pages.codings import Codings, known
from devserve.proxy.routes import host_of

SECRET_FIELDS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate"})
HARMLESS = frozenset({"sec-websocket-key", "sec-websocket-accept", "surrogate-key", "authority"})
URL_FIELDS = frozenset({"referer", "location", "content-location", "link", "refresh", "origin", "x-original-url"})
MOST_SHOWN = 64 * 1024  # characters of a body
KINDS = (("text/event-stream", "sse"), ("text/html", "page"), ("text/css", "style"), ("image/", "image"))
MORE_KINDS = (("javascript", "script"), ("json", "data"), ("font", "font"), ("xml", "data"))

Field = tuple[str, str]


def row(number: int, exchange: Access) -> dict[str, object]:
    """Return an exchange as a row of the waterfall; times in milliseconds from its beginning."""
    return {
        "id": number,
        "at": exchange.when.timestamp(),
        "service": exchange.service,
        "method": exchange.method,
        "host": host(exchange),
        "target": masked(exchange.target),
        "status": exchange.status,
        "kind": kind(exchange),
        "sent": exchange.sent,
        "received": exchange.received,
        "verdict": exchange.verdict,
        "phases": phases(exchange),
        "ms": _milliseconds(exchange.total_seconds),
    }


def lasting(exchanges: Iterable[Access]) -> list[dict[str, object]]:
    """Return how many of each kind are open at each service, and what they have sent."""
    found: dict[tuple[str, str], list[int]] = {}
    for exchange in exchanges:
        found.setdefault((exchange.service, kind(exchange)), []).append(exchange.sent)
    return [
        {"service": service, "kind": of, "count": len(sent), "sent": sum(sent)} for (service, of), sent in found.items()
    ]


def detail(number: int, exchange: Access) -> dict[str, object]:
    """Return all that there is to say of an exchange."""
    request, response = exchange.request, exchange.response
    return {
        **row(number, exchange),
        "url": f"{exchange.scheme}://{authority(exchange)}{masked(exchange.target)}",
        "version": request.http_version.decode("ascii") if request else "",
        "reason": reason(exchange),
        "request_headers": fields(request.headers) if request else [],
        "response_headers": fields(response.headers) if response else [],
        "body": body(exchange),
        "whole": exchange.response_body is not None and len(exchange.response_body) == exchange.sent,
        "replayable": why_not_again(exchange) == "",
        "why_not": why_not_again(exchange),
    }


def phases(exchange: Access) -> dict[str, float]:
    """Return how long an exchange was held, connected, waited for the first byte, and had its body relayed."""
    first = exchange.upstream_seconds
    if first is None:
        waited = exchange.total_seconds - exchange.held_seconds
        return {"held": _milliseconds(exchange.held_seconds), "wait": _milliseconds(waited)}
    body_seconds = max(0.0, exchange.total_seconds - exchange.held_seconds - first)
    return {
        "held": _milliseconds(exchange.held_seconds),
        "connect": _milliseconds(exchange.connect_seconds),
        "wait": _milliseconds(max(0.0, first - exchange.connect_seconds)),
        "body": _milliseconds(body_seconds),
    }


def host(exchange: Access) -> str:
    """Return the host that was asked."""
    value = exchange.request.headers.first(b"host") if exchange.request else None
    return host_of((value or b"").decode("latin-1"))


def authority(exchange: Access) -> str:
    """Return the host that was asked, with its port when one was given."""
    value = exchange.request.headers.first(b"host") if exchange.request else None
    return (value or b"").decode("latin-1")


def kind(exchange: Access) -> str:
    """Return what was asked for, in one word."""
    request, response = exchange.request, exchange.response
    if request is not None and (request.headers.first(b"upgrade") or b"").lower() == b"websocket":
        return "websocket"
    if response is None:
        return "other"
    declared = (response.headers.first(b"content-type") or b"").decode("latin-1").lower()
    for beginning, word in KINDS:
        if declared.startswith(beginning):
            return word
    return next((word for part, word in MORE_KINDS if part in declared), "other")


def reason(exchange: Access) -> str:
    """Return the status in words."""
    try:
        return HTTPStatus(exchange.status).phrase
    except ValueError:
        return "" if exchange.status else "no answer"


def fields(headers: Iterable[tuple[bytes, bytes]]) -> list[Field]:
    """Return header fields without secrets."""
    return [_masked_field(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def body(exchange: Access) -> str | None:
    """Return the text of the answer as far as it was kept; None when it was not, or cannot be read."""
    kept, response = exchange.response_body, exchange.response
    if kept is None or response is None:
        return None
    names = known(response.headers.tokens(b"content-encoding"))
    if names is None:
        return None
    text = _decoded(kept, names) if names else kept
    return text.decode(_charset(response.headers), errors="replace")[:MOST_SHOWN]


def why_not_again(exchange: Access) -> str:
    """Return why an exchange cannot be asked for again, or an empty string."""
    if exchange.request is None:
        return "its head was too long to be kept"
    if kind(exchange) == "websocket":
        return "a WebSocket is a conversation"
    if exchange.received and exchange.request_body is None:
        return "its body was too long to be kept"
    return ""


def _masked_field(name: str, value: str) -> Field:
    key = name.lower()
    if key in HARMLESS:
        return name, value
    if key in SECRET_FIELDS or is_secret(name):
        return name, _masked_value(key, value)
    return name, masked_url(value) if key in URL_FIELDS or "://" in value or "?" in value else value


def _masked_value(key: str, value: str) -> str:
    """Return a secret field's value with what is no secret in it: the scheme, the names of cookies."""
    if key in ("authorization", "proxy-authorization"):
        scheme, blank, _ = value.partition(" ")
        return f"{scheme} {MASK}" if blank and scheme.isalpha() else MASK
    if key == "cookie":
        return "; ".join(f"{pair.partition('=')[0].strip()}={MASK}" for pair in value.split(";"))
    if key == "set-cookie":
        first, *rest = value.split(";")
        return ";".join([f"{first.partition('=')[0].strip()}={MASK}", *rest])
    return MASK


def masked_url(value: str) -> str:
    """Return a field's value with the secrets of the URL in it masked."""
    scheme, mark, rest = value.partition("://")
    return scheme + mark + masked(rest) if mark and "/" not in scheme else masked(value)


def _decoded(kept: bytes, names: tuple[str, ...]) -> bytes:
    """Return what a body, perhaps cut off, decodes to; a small one may decode to much."""
    pieces, size = [], 0
    try:
        for piece in Codings(names).decode(kept):
            pieces.append(piece)
            size += len(piece)
            if size >= 4 * MOST_SHOWN:
                break
    except RemoteProtocolError:
        pass  # what came before is shown
    return b"".join(pieces)


def _charset(headers: Headers) -> str:
    declared = (headers.first(b"content-type") or b"").decode("latin-1").lower()
    named = declared.partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        return named if named and "".encode(named) == b"" else "utf-8"
    except (LookupError, ValueError):
        return "utf-8"


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
