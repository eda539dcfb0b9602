"""Which requests load a page, and which responses are one: by Fetch Metadata and the response, never by Accept."""

from __future__ import annotations

from typing import Final

from devserve.http1 import Request, Response
from devserve.http1.memo import Memo
from devserve.proxy.pages import codings

# What a browser shows as a document of its own (Fetch, section 2.2.5).
DOCUMENTS: Final = frozenset({b"document", b"iframe", b"frame", b"fencedframe", b"object", b"embed"})
METADATA = (b"Sec-Fetch-Dest", b"Sec-Fetch-Mode")
NAVIGATIONS = frozenset({b"navigate", b"nested-navigate"})
# What libraries say when they load a part of a page; asked where a browser sends no Fetch Metadata (plain HTTP).
FRAGMENT_FIELDS = {
    name.lower(): name
    for name in (
        b"X-Requested-With", b"HX-Request", b"Turbo-Frame", b"X-Turbo-Request-Id", b"X-Up-Version", b"Datastar-Request",
        b"X-PJAX",
    )
}  # fmt: skip
FRAGMENT_NAMES: Final = frozenset(FRAGMENT_FIELDS)
BODILESS = (204, 205, 206, 304)
HTML: Final = (b"text/html", b"application/xhtml+xml")
MEDIA_TYPES: Final[Memo[bytes]] = Memo(64)


def deciding_fields(request: Request) -> tuple[bytes, ...]:
    """Return the fields that tell whether the request loads a page: caches must tell such requests apart by them."""
    if _has_metadata(request):
        return METADATA
    fragment = _fragment_field(request)
    return (fragment,) if fragment else METADATA


def not_a_page_load(request: Request) -> str:
    """Return why the request loads no page, or an empty string when a browser asks for a document with it."""
    if request.method != b"GET":
        return "the method is " + request.method.decode("latin-1")
    if not _has_metadata(request):
        fragment = _fragment_field(request)
        return f"it has {fragment.decode()}" if fragment else ""
    destination, mode = request.headers.first(b"sec-fetch-dest"), request.headers.first(b"sec-fetch-mode")
    if destination is not None and destination not in DOCUMENTS and not _is_passed_on(request):
        return "Sec-Fetch-Dest is " + destination.decode("latin-1")
    if mode is not None and mode not in NAVIGATIONS:
        return "Sec-Fetch-Mode is " + mode.decode("latin-1")
    return ""


def _has_metadata(request: Request) -> bool:
    return b"sec-fetch-dest" in request.headers or b"sec-fetch-mode" in request.headers


def _fragment_field(request: Request) -> bytes:
    for key, name in FRAGMENT_FIELDS.items():
        if key in request.headers:
            return name
    return b""


def _is_passed_on(request: Request) -> bool:
    """Tell whether a service worker fetches what was navigated to: Chromium says `empty` then, as for a download.

    Only navigations ask to upgrade insecure requests (Upgrade Insecure Requests, section 3.2.1).
    """
    headers = request.headers
    asked = (headers.first(b"sec-fetch-dest"), headers.first(b"sec-fetch-mode"))
    return asked == (b"empty", b"navigate") and headers.first(b"upgrade-insecure-requests") == b"1"


def is_page_load(request: Request) -> bool:
    """Tell whether a browser asks for a document: a page or a frame, not a fragment, script or download.

    Says the same as `not_a_page_load`, but sooner: each exchange asks.
    """
    if request.method != b"GET":
        return False
    headers = request.headers
    destination = headers.first(b"sec-fetch-dest")
    if destination is not None and destination not in DOCUMENTS and destination != b"empty":
        return False
    if destination is not None or b"sec-fetch-mode" in headers:
        return not not_a_page_load(request)
    return headers.has_none_of(FRAGMENT_NAMES)


def asks_for_page(request: Request) -> bool:
    """Tell whether a page load says that it is one, so that it may be asked for whole and without conditions.

    A tool without Fetch Metadata must say so in Accept: curl, wget and SDKs keep their ranges, conditions and codings.
    """
    if not _has_metadata(request):
        accepted = request.headers.first(b"accept")
        if accepted is None or b"text/html" not in accepted:
            return False
    return is_page_load(request)


def media_type(response: Response) -> bytes:
    """Return the media type in lower case, without parameters; empty when the response does not say one."""
    value = response.headers.first(b"content-type")
    if value is None:
        return b""
    return MEDIA_TYPES.get(value) or MEDIA_TYPES.keep(value, value.partition(b";")[0].strip().lower())


def looks_like_html(response: Response) -> bool:
    """Tell whether the response says that it is HTML."""
    return media_type(response) in HTML


def may_be_html(response: Response) -> bool:
    """Tell whether a browser would look into the body to see what it is (MIME Sniffing, section 7)."""
    headers = response.headers
    return b"content-type" not in headers and b"nosniff" not in headers.tokens(b"x-content-type-options")


def refusal(request: Request, response: Response) -> str:
    """Return why an HTML response gets no snippet, or an empty string when its body decides."""
    headers = response.headers
    if reason := not_a_page_load(request):
        return reason
    if response.status_code in BODILESS or 300 <= response.status_code < 400:  # a redirection is not shown
        return f"the status is {response.status_code}"
    if codings.known(headers.tokens(b"content-encoding")) is None:
        return "Content-Encoding " + b", ".join(headers.tokens(b"content-encoding")).decode("latin-1")
    if (headers.first(b"content-disposition") or b"").lower().startswith(b"attachment"):
        return "a download"
    return ""
