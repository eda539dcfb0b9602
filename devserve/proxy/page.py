"""What becomes of the head of an HTML response: does its page get the snippet, and are its fields still true then?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from devserve.http1 import Headers, Request, Response
from devserve.proxy.csp import adapt
from devserve.proxy.inject import VALIDATORS, looks_like_html, refusal
from devserve.proxy.tags import Tag, snippet

POLICY = b"content-security-policy"  # Content-Security-Policy-Report-Only blocks nothing and is left alone
VERDICT = b"X-Devserve"


def dress(
    response: Response, request: Request, tags: Sequence[Tag], *, sockets: Sequence[str], adapts: bool, spare_nonce: str
) -> tuple[Response, bytes]:
    """Return the response's head as it goes to the browser, and the snippet for its page (empty: none).

    `sockets` are the origins that the snippet connects to; `adapts` says whether the policy may be adapted to admit it.
    """
    if not looks_like_html(response):
        return response, b""
    headers = response.headers.copy()
    reason = refusal(request, response) or ("" if tags else "no snippet for this service")
    if reason:
        headers.replace(VERDICT, b"not injected: " + reason.encode("ascii", "replace"))
        return replace(response, headers=headers), b""
    nonce = _adapt_policies(headers, tags, sockets, spare_nonce) if adapts else ""
    for name in (*VALIDATORS, b"content-length"):
        headers.remove(name)
    headers.replace(VERDICT, b"injected")
    return replace(response, headers=headers), snippet(tags, nonce)


def script_origin(tag: Tag) -> str:
    """Return the source expression that admits a tag's script: its origin, or 'self' for the page's own host."""
    url = urlsplit(tag.source)
    return f"{url.scheme}://{url.netloc}" if url.netloc else "'self'"


def _adapt_policies(headers: Headers, tags: Sequence[Tag], sockets: Sequence[str], spare_nonce: str) -> str:
    lines = [value.decode("latin-1") for value in headers.all(POLICY)]
    policies = [policy for line in lines for policy in line.split(",")]
    if not policies:
        return ""
    scripts = [script_origin(tag) for tag in tags if tag.name == "script"]
    adapted = adapt(policies, scripts, sockets, spare_nonce)
    if adapted.changes:
        headers.replace(POLICY, ",".join(adapted.policies).encode("latin-1"))
    return adapted.nonce
