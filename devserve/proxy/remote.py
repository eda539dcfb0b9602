"""A remote's names in the fields of a message, replaced by ours: the browser keeps one address.

Requests that speak of our origin speak of the remote's. Answers that set cookies for the remote, or lead to it, do so
for our host. Remotes of one environment lead to each other, so those of all routes are known. What names any other
origin stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from devserve.config.origins import DEFAULT_PORTS
from devserve.http1 import Headers
from devserve.proxy.routes import Remote, Route, authority_of, path_of, under

URL = re.compile(rb"(?:(?P<scheme>https?):)?//(?P<authority>[^/?#\\]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
# HTML, "shared declarative refresh steps"; the field is nowhere else defined.
REFRESH = re.compile(
    rb"(?P<before>[\d.]+[\s;,]+(?:url\s*=\s*)?(?P<quote>['\"]?))(?P<url>.*?)(?P<after>(?P=quote))", re.IGNORECASE
)
LINK = re.compile(rb"<([^>]*)>")  # RFC 8288, section 3
# Promises for the remote's name that ours does not keep. Strict-Transport-Security would bind every service below our
# domain, and take away the way round a certificate that is not trusted yet; Alt-Svc offers ports that are not ours.
DROPPED = frozenset({b"strict-transport-security", b"alt-svc"})
# What a browser takes from a secure origin only (RFC 6265bis, section 5.7).
SECURE_ONLY = frozenset({b"secure", b"partitioned", b"samesite=none"})
SECURE_NAMES = (b"__host-", b"__secure-")


class Pair(NamedTuple):
    """A remote and the origin that it has here, as browsers write it (RFC 6454, section 6.2)."""

    remote: Remote
    local: bytes


def pairs_of(route: Route, others: Iterable[Route], scheme: str, host: bytes) -> tuple[Pair, ...]:
    """Return the pair of a route that a request came to, by its scheme and Host, then those of the other routes."""
    if route.remote is None:
        return ()
    name, port = authority_of(host, scheme)
    shown = "" if port == DEFAULT_PORTS[scheme] else f":{port}"
    found = [(route.remote, name), *((each.remote, each.host) for each in others)]
    return tuple(
        Pair(remote, f"{scheme}://{local}{shown}".encode("ascii", "replace"))
        for remote, local in found
        if remote is not None
    )


def to_remote(headers: Headers, pairs: Sequence[Pair]) -> None:
    """Change a request's fields to what a browser in the environment itself would send."""
    origin = (headers.first(b"origin") or b"").lower()
    referer = headers.first(b"referer") or b""
    for remote, local in pairs:
        if origin == local:
            headers.replace(b"Origin", remote.origin.encode("ascii"))
            break
    for remote, local in pairs:
        rest = referer[len(local) :]
        if referer.lower().startswith(local) and rest[:1] in (b"", b"/", b"?", b"#"):
            headers.replace(b"Referer", remote.origin.encode("ascii") + rest)
            break


def from_remote(headers: Headers, pairs: Sequence[Pair]) -> Headers:
    """Return an answer's fields for a browser that asked the origin of the first pair."""
    if headers.has_none_of(CHANGED):
        return headers
    return Headers(
        (name, REWRITES[name.lower()](value, pairs) if name.lower() in REWRITES else value)
        for name, value in headers
        if name.lower() not in DROPPED
    ).freeze()


def url_at_home(url: bytes, pairs: Sequence[Pair]) -> bytes:
    """Return a URL of a remote as one of ours, if it answers here; any other as it is."""
    match = URL.fullmatch(url)
    if match is None:
        return url
    scheme, path = (
        (match["scheme"] or b"").lower().decode(),
        path_of(match["rest"].partition(b"#")[0].decode("latin-1")),
    )
    for remote, local in pairs:
        if _is_of(remote, scheme, match["authority"]) and under(path, remote.path):
            return local + match["rest"]
    return url


def cookie_at_home(cookie: bytes, pairs: Sequence[Pair]) -> bytes:
    """Return a Set-Cookie for our host alone where it was for the remote's domain (RFC 6265, section 4.1.2.3).

    Over plain HTTP it also loses what only a secure origin may ask for, unless its name asks too.
    """
    remote, local = pairs[0]
    value, *attributes = cookie.split(b";")
    kept = [each for each in attributes if not _covers(each, remote.host)]
    if local.startswith(b"http:") and not value.strip().lower().startswith(SECURE_NAMES):
        kept = [each for each in kept if re.sub(rb"\s", b"", each.lower()) not in SECURE_ONLY]
    return b";".join((value, *kept))


def _is_of(remote: Remote, scheme: str, authority: bytes) -> bool:
    """Tell whether a URL begins with the remote's origin.

    Its http:// stands for its https://: servers behind a TLS terminator write that. The other way round would be a
    circle.
    """
    place = (scheme or remote.scheme, *authority_of(authority, scheme or remote.scheme))
    secure = (remote.scheme, remote.port) == ("https", DEFAULT_PORTS["https"])
    return place == (remote.scheme, remote.host, remote.port) or (
        secure and place == ("http", remote.host, DEFAULT_PORTS["http"])
    )


def _covers(attribute: bytes, host: str) -> bool:
    """Tell whether a cookie's attribute is a Domain that a host lies in."""
    name, _, value = attribute.partition(b"=")
    domain = value.strip().removeprefix(b".").lower().decode("latin-1")
    return name.strip().lower() == b"domain" and f".{host}".endswith(f".{domain}" if domain else "")


def _refresh(value: bytes, pairs: Sequence[Pair]) -> bytes:
    match = REFRESH.fullmatch(value)
    return value if match is None else match["before"] + url_at_home(match["url"], pairs) + match["after"]


def _link(value: bytes, pairs: Sequence[Pair]) -> bytes:
    return LINK.sub(lambda match: b"<%b>" % url_at_home(match[1], pairs), value)


def _allowed(value: bytes, pairs: Sequence[Pair]) -> bytes:
    return next((local for remote, local in pairs if value.lower() == remote.origin.encode("ascii")), value)


REWRITES: Mapping[bytes, Callable[[bytes, Sequence[Pair]], bytes]] = {
    b"set-cookie": cookie_at_home,
    b"location": url_at_home,
    b"content-location": url_at_home,
    b"refresh": _refresh,
    b"link": _link,
    b"access-control-allow-origin": _allowed,
}
CHANGED = frozenset({*DROPPED, *REWRITES})
