"""What is different about an exchange with the fallback: nobody may take its answers for the service's own."""

from __future__ import annotations

from devserve.http1 import Headers, Request

FIELD = b"X-Devserve-Upstream"
# What asks whether a kept answer is still good: that is the service's, and the fallback cannot know.
REVALIDATING = frozenset({b"if-none-match", b"if-modified-since", b"if-range"})


def as_asked(request: Request) -> Request:
    """Return a request for the fallback, which is answered in full."""
    if request.headers.has_none_of(REVALIDATING):
        return request
    # A part that was asked for with If-Range completes what the service has sent (RFC 9110, section 13.1.5).
    parts = frozenset({b"range"}) if b"if-range" in request.headers else frozenset()
    headers = request.headers.without(REVALIDATING | parts).freeze()
    return Request(request.method, request.target, headers, request.http_version)


def as_answered(headers: Headers) -> Headers:
    """Return an answer's fields that say where it comes from. It is kept by nobody: the next may be the service's."""
    said = headers.copy()
    said.replace(b"Cache-Control", b"no-store")
    said.add(FIELD, b"fallback")
    return said.freeze()
