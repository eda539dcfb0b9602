"""What becomes of an HTML response: does its page get the snippet, and are its fields still true then?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from devserve.http1 import Request, Response
from devserve.proxy.pages import codings
from devserve.proxy.pages.csp import forbids_scripts
from devserve.proxy.pages.inject import Injector, Slot
from devserve.proxy.pages.markup import Token
from devserve.proxy.pages.own_script import Address, Standing, disarmed, loads_itself, script_source
from devserve.proxy.pages.pageload import deciding_fields, looks_like_html, may_be_html, media_type, refusal
from devserve.proxy.pages.pagetext import PageText
from devserve.proxy.pages.placement import placing
from devserve.proxy.pages.policies import Policies, in_fields
from devserve.proxy.pages.rewriting import VALIDATORS, WHOLE_LIMIT, Body, Heads, Rewriting
from devserve.proxy.pages.tags import POSITIONS, Position, Tag, snippet

VERDICT = b"X-Devserve"
UNTRUE = frozenset({*VALIDATORS, b"content-length"})  # of a page into which something was put
CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
XHTML = b"application/xhtml+xml"
NO_TAGS = "no snippet for this service"
SANDBOX = "its Content-Security-Policy is a sandbox without scripts"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be in a service's pages, and how this page was asked for."""

    tags: Sequence[Tag]
    address: Address
    socket: str  # the origin that the snippet connects to
    spare_nonce: str
    adapts: bool = True  # whether a policy may be adapted

    @property
    def other_tags(self) -> list[Tag]:
        """The tags beside that for livereload.js."""
        standing = self.address.standing
        return [tag for tag in self.tags if tag.name != "script" or standing(tag.source) is Standing.NONE]

    @property
    def brings_livereload(self) -> bool:
        """Whether livereload.js is among the tags."""
        return len(self.other_tags) < len(self.tags)


def dress(
    response: Response, request: Request, wish: Wish | None, *, varies: bool = True
) -> tuple[Response, Rewriting | None]:
    """Return the response as it goes on, or what it goes through when its body decides. No wish, no snippet.

    `varies` says that page loads of this service get a snippet, whatever this request is.
    """
    says_html, tags = looks_like_html(response), wish.tags if wish else ()
    if not says_html and not (tags and may_be_html(response)):
        return response, None
    reason = refusal(request, response) or ("" if tags else NO_TAGS)
    if not reason and wish is not None and wish.adapts and forbids_scripts(in_fields(response.headers)):
        reason = SANDBOX
    if wish is not None and not reason:
        return response, _rewriting(response, request, wish, says_html=says_html)
    return (_refused(response, request, reason, varies=varies) if says_html else response), None


def of_devserve(response: Response) -> Response:
    """Return a page of devserve's own with its verdict."""
    return _with_verdict(response, b"not injected: a page of devserve's own") if looks_like_html(response) else response


def _refused(response: Response, request: Request, reason: str, *, varies: bool) -> Response:
    """Return an HTML response that says why it has no snippet.

    Where page loads of the same target have one, caches must tell the two apart: else a fetch or a prefetch would keep
    a page without the snippet for the next navigation.
    """
    said = _with_verdict(response, b"not injected: " + reason.encode("ascii", "replace"))
    if varies and request.method == b"GET":
        _vary(said, request)
    return said


def _rewriting(response: Response, request: Request, wish: Wish, *, says_html: bool) -> Rewriting:
    xml = media_type(response) == XHTML
    policies = Policies(wish.tags if wish.adapts else (), [wish.socket] if wish.adapts else (), wish.spare_nonce)
    adapted = response.headers.copy()
    policies.adapt_fields(adapted)  # now: the snippet needs the nonce
    edits = _Edits(wish, policies, xml=xml)

    def injector(charset_declared: bool) -> Injector:
        slots = [
            Slot(placing(position, xml=xml, charset_declared=charset_declared), partial(edits.snippet_at, position))
            for position in POSITIONS
            if any(tag.position == position for tag in wish.tags)
        ]
        return Injector(slots, edits, xml=xml)

    def injected() -> Response:
        headers = adapted.without(UNTRUE)
        said = _with_verdict(Response(response.status_code, headers, response.reason), b"injected")
        _vary(said, request)
        return said

    names = codings.known(response.headers.tokens(b"content-encoding")) or ()
    charset = _charset(response)
    text = PageText(names, charset, injector, sniffs=not says_html)
    heads = Heads(injected, lambda reason: _refused(response, request, reason, varies=True), response)
    whole = wish.brings_livereload and says_html and _is_small(response)

    def left_alone(page: str) -> bool:
        edits.leaves_own = loads_itself(page, wish.address, xml=xml)
        return edits.leaves_own and not wish.other_tags

    return Rewriting(heads, Body(names, charset, whole, left_alone), text, policies)


class _Edits:
    """What changes in a page: its snippets come, tags that would load livereload.js again go, policies admit more."""

    def __init__(self, wish: Wish, policies: Policies, *, xml: bool) -> None:
        self._wish = wish
        self._policies = policies
        self._xml = xml
        self._to_come = list(wish.tags)
        self._brings = wish.brings_livereload
        self.leaves_own = False  # the page loads livereload.js itself: then the snippet does not

    def snippet_at(self, position: Position) -> str:
        tags = self._wish.other_tags if self.leaves_own else self._wish.tags
        self._to_come = [tag for tag in self._to_come if tag.position != position]
        return snippet([tag for tag in tags if tag.position == position], self._policies.nonce, xml=self._xml)

    def edited(self, token: Token) -> str:
        if token.name == "script" and self._brings and not self.leaves_own:
            source = script_source(token)
            again = source and self._wish.address.standing(source.value) in (Standing.STALE, Standing.PROXIED)
            return disarmed(token, source) if source and again else token.text
        if token.name == "meta" and self._wish.adapts:
            return self._policies.adapt_meta(token, self._to_come)
        return token.text


def _with_verdict(response: Response, said: bytes) -> Response:
    headers = response.headers.copy()
    headers.replace(VERDICT, said)
    return Response(response.status_code, headers, response.reason)


def _vary(response: Response, request: Request) -> None:
    varies = response.headers.tokens(b"vary")
    missing = [name for name in deciding_fields(request) if name.lower() not in varies]
    if missing and b"*" not in varies:
        response.headers.add(b"Vary", b", ".join(missing))


def _is_small(response: Response) -> bool:
    length = response.headers.first(b"content-length") or b""
    return length.isdigit() and int(length) <= WHOLE_LIMIT


def _charset(response: Response) -> str:
    found = CHARSET.search((response.headers.first(b"content-type") or b"").decode("latin-1"))
    return found[1] if found else ""
