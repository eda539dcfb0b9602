"""Insert a snippet into an HTML page as it streams by."""

from __future__ import annotations

import re

from devserve.http1 import Request, Response

# What may stand before the place of the snippet: all three tags are optional (HTML, section 13.1.2.4), and nothing
# may come before the doctype, or the page falls into quirks mode.
# Not possessive: Python before 3.11.5, which Debian 12 has, goes wrong there (gh-106052).
PROLOGUE = re.compile(
    rb"""(?:
      \xEF\xBB\xBF | \s+
    | <!--(?:>|->|.*?--!?>)
    | <!doctype[^>]*>
    | <\?[^>]*>
    | <(?:html|head)(?=[\s/>])(?:[^>"']|"[^"]*"|'[^']*')*>
    )*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
# What could still become part of the prologue when more bytes come.
UNFINISHED = re.compile(
    rb"""(?:
      [\xFF\xFE] | \xEF\xBB? | <
    | <!-{0,2} | <!--.*
    | <!(?:d|do|doc|doct|docty|doctyp|doctype[^>]*)
    | <\?[^>]*
    | <(?:h|ht|htm|he|hea)
    | <(?:html|head)(?:[\s/](?:[^>"']|"[^"]*"|'[^']*')*(?:"[^"]*|'[^']*)?)?
    )\Z""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
PROLOGUE_LIMIT = 64 * 1024  # bytes; a longer prologue is passed on as it is, held no further
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

DOCUMENTS = frozenset({b"document", b"iframe", b"frame"})
FRAGMENT_FIELDS = frozenset({b"hx-request", b"turbo-frame", b"x-up-version", b"datastar-request", b"x-pjax"})
# A stored copy must not vouch for bytes that the upstream never sent (RFC 9110, section 8.8; RFC 9530).
VALIDATORS = (b"etag", b"last-modified", b"content-md5", b"digest", b"content-digest", b"repr-digest", b"accept-ranges")


def is_page_load(request: Request) -> bool:
    """Tell whether a browser asks for a document: a page or a frame, not a fragment, script or download."""
    destination = request.headers.first(b"sec-fetch-dest")
    if destination is not None and destination not in DOCUMENTS:
        return False
    if request.method != b"GET" or not request.headers.has_none_of(FRAGMENT_FIELDS):
        return False
    if destination is not None:
        return True
    # Without Fetch Metadata (plain HTTP, older clients): whatever is not a script's own request.
    return request.headers.first(b"x-requested-with") is None


def asks_for_page(request: Request) -> bool:
    """Tell whether a page load says that it is one, so that it may be asked for whole and unencoded.

    A tool without Fetch Metadata must say so in Accept: curl, wget and SDKs keep their ranges, conditions and codings.
    """
    if not is_page_load(request):
        return False
    return b"sec-fetch-dest" in request.headers or b"text/html" in (request.headers.first(b"accept") or b"")


def looks_like_html(response: Response) -> bool:
    """Tell whether the response says that it is HTML."""
    kind = response.headers.first(b"content-type") or b""
    return kind.partition(b";")[0].strip().lower() in (b"text/html", b"application/xhtml+xml")


def refusal(request: Request, response: Response) -> str:
    """Return why an HTML response gets no snippet, or an empty string when it gets one."""
    headers = response.headers
    if request.method != b"GET":
        return "the method is " + request.method.decode("ascii")
    if not is_page_load(request):
        return "not a page load"
    if response.status_code in (204, 206, 304):
        return f"status {response.status_code}"
    coding = headers.first(b"content-encoding")
    if coding is not None and coding.lower() != b"identity":
        return "Content-Encoding " + coding.decode("latin-1")
    if b"utf-16" in (headers.first(b"content-type") or b"").lower():
        return "charset utf-16"
    if (headers.first(b"content-disposition") or b"").lower().startswith(b"attachment"):
        return "a download"
    return ""


class Injector:
    """Insert a snippet once, at the start of the head, however the stream is cut. An empty page stays empty."""

    def __init__(self, snippet: bytes) -> None:
        self._snippet = snippet
        self._held = b""
        self._searching = bool(snippet)

    def feed(self, data: bytes) -> bytes:
        """Return what can be sent now. Only an unfinished prologue is held back."""
        if not self._searching:
            return data
        self._held += data
        window = self._held[:PROLOGUE_LIMIT]
        found = PROLOGUE.match(window)
        place = found.end() if found else 0
        if place == len(window) or UNFINISHED.match(window, place):
            if len(self._held) < PROLOGUE_LIMIT:
                return b""
            return self._finish(len(self._held), b"")
        return self._finish(place, b"" if window.startswith(UTF_16_MARKS) else self._snippet)

    def close(self) -> bytes:
        """Return what is still held: a page that is all prologue gets the snippet at its end."""
        if not self._searching:
            return b""
        if not self._held or self._held.startswith(UTF_16_MARKS):
            return self._finish(0, b"")
        found = PROLOGUE.match(self._held)
        return self._finish(found.end() if found else 0, self._snippet)

    def _finish(self, place: int, snippet: bytes) -> bytes:
        held, self._held, self._searching = self._held, b"", False
        return held[:place] + snippet + held[place:]
