"""What a page of another service of the same domain needs to read an answer (Fetch, section 3.3)."""

from __future__ import annotations

from urllib.parse import urlsplit

from devserve import Headers, Request

ASKED_METHOD = b"access-control-request-method"
ASKED_HEADERS = b"access-control-request-headers"


def is_preflight(request: Request) -> bool:
    """Tell whether a browser only asks whether it may ask."""
    return request.method == b"OPTIONS" and request.headers.first(ASKED_METHOD) is not None


def cross_origin(request: Request, host: str) -> Headers:
    """Return the fields that let a page of the same site read the answer; none for a page from elsewhere."""
    headers = Headers([(b"Vary", b"Origin")])
    origin = request.headers.first(b"origin")
    if origin is None or not is_same_site(_host_of(origin), host):
        return headers
    headers.add(b"Access-Control-Allow-Origin", origin)
    headers.add(b"Access-Control-Allow-Credentials", b"true")
    if is_preflight(request):
        for asked, allowed in ((ASKED_METHOD, b"Methods"), (ASKED_HEADERS, b"Headers")):
            if (value := request.headers.first(asked)) is not None:
                headers.add(b"Access-Control-Allow-" + allowed, value)
    return headers


def is_same_site(host: str, other: str) -> bool:
    """Tell whether two hosts share what a site is named by: `localhost`, or the last two labels."""
    return bool(host) and _site(host) == _site(other)


def _site(host: str) -> str:
    labels = host.lower().split(".")
    return ".".join(labels[-1:] if labels[-1] == "localhost" else labels[-2:])


def _host_of(origin: bytes) -> str:
    try:
        return urlsplit(origin.decode("ascii")).hostname or ""
    except ValueError:
        return ""
