"""What is changed in a request and a response on their way through (RFC 9110, section 7.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devserve.http1 import Headers, InformationalResponse, Request, Response, facts_of
from devserve.proxy.pages.codings import acceptable
from devserve.proxy.remote import Pair, to_remote
from devserve.proxy.routes import port_of

# Meant for one connection only (RFC 9110, section 7.6.1). Framing is written anew from Content-Length and
# Transfer-Encoding, which therefore stay in requests.
HOP_BY_HOP: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te", b"upgrade",
})  # fmt: skip
# What `Connection` may not take away, because routing, framing or security depend on it.
KEPT: Final = frozenset({
    b"host", b"content-length", b"transfer-encoding", b"cookie", b"authorization", b"origin",
    b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port",
    b"expect",  # whose client keeps its body back until there is a 100 (RFC 9110, section 10.1.1)
})  # fmt: skip
# Set by us, never taken from outside (DESIGN 2.3).
FORWARDED: Final = frozenset({
    b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port",
})  # fmt: skip
# A page that will get a snippet is asked for whole.
CONDITIONAL: Final = frozenset({
    b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since", b"if-range", b"range",
})  # fmt: skip
NOT_RETURNED: Final = HOP_BY_HOP | {b"transfer-encoding"}
EXPIRY: Final = frozenset({b"cache-control", b"expires"})
MOST_FORMS: Final = 16  # of the same fields, for other clients and services
RETURNED: Final = "returned"
UPGRADE_REQUIRED: Final = 426
LOOP_FIELD: Final = b"X-Devserve-Loop"
IDEMPOTENT: Final = (b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE")  # RFC 9110, section 9.2.2


@dataclass(frozen=True, slots=True)
class Downstream:
    """What a request came in by: the client's address and our scheme."""

    address: str
    scheme: str


def origin_form(request: Request) -> Request:
    """Return the request with a target in origin form: an absolute one's authority replaces Host (RFC 9112, 3.2.2).

    OPTIONS of a bare authority asks about the whole server: its target becomes `*` (section 3.2.4).
    """
    if request.target.startswith(b"/"):
        return request
    scheme, found, rest = request.target.partition(b"://")
    if not found or scheme.lower() not in (b"http", b"https"):
        return request
    cut = min((place for place in (rest.find(b"/"), rest.find(b"?")) if place >= 0), default=len(rest))
    headers = request.headers.copy()
    headers.replace(b"Host", rest[:cut])
    path = rest[cut:]
    if not path.startswith(b"/"):
        path = b"*" if request.method == b"OPTIONS" and not path else b"/" + path
    return Request(request.method, path, headers.freeze(), request.http_version)


def is_websocket(request: Request) -> bool:
    """Tell whether the request asks for a WebSocket (RFC 6455, section 4.1). HTTP/1.0 cannot (RFC 9110, 7.8)."""
    facts = facts_of(request.headers)
    if not facts.has_upgrade or b"upgrade" not in facts.options or request.http_version < b"1.1":
        return False
    return b"websocket" in request.headers.tokens(b"upgrade")


def has_body(request: Request) -> bool:
    """Tell whether a body follows the request head (RFC 9112, section 6.3)."""
    facts = facts_of(request.headers)
    return facts.has_coding or bool(facts.length)


def may_retry(request: Request, *, lost_idle: bool, answered: bool) -> bool:
    """Tell whether the request may be sent again on a new connection.

    Only one that was lost with a reused idle connection or to a restart, of which no byte of an answer was seen, that
    is idempotent and whose body is not already gone (RFC 9110, section 9.2.2; RFC 9112, section 9.3.1).
    """
    return lost_idle and not answered and request.method in IDEMPOTENT and not has_body(request)


def forward_request(
    request: Request,
    came_by: Downstream,
    loop_mark: bytes,
    *,
    whole_page: bool,
    host: bytes = b"",
    remotes: tuple[Pair, ...] = (),
) -> Request:
    """Return the request as it goes upstream, its Host rewritten to `host` if there is one.

    `whole_page` asks for an unconditional answer, in a coding that can be decoded here. The first of the `remotes`
    is asked as a browser would ask it: it hears nothing of this machine.
    """
    websocket = is_websocket(request)
    key = (came_by.address, came_by.scheme, loop_mark, whole_page, host, remotes, websocket)
    forms = request.headers.forms
    headers = forms.get(key)
    if headers is None:
        if len(forms) >= MOST_FORMS:
            forms.clear()
        headers = _sent_fields(request.headers, whole_page=whole_page, websocket=websocket)
        if remotes:
            to_remote(headers, remotes)
        else:
            for name, value in _forwarded(came_by, headers.first(b"host") or b""):
                headers.add(name, value)
        if host:  # after X-Forwarded-Host, which tells what the browser asked for
            headers.replace(b"Host", host)
        headers.add(LOOP_FIELD, loop_mark)
        forms[key] = headers.freeze()
    return Request(request.method, request.target, headers)


def _sent_fields(received: Headers, *, whole_page: bool, websocket: bool) -> Headers:
    dropped = _for_one_connection(received, HOP_BY_HOP) | FORWARDED
    headers = received.without(dropped | CONDITIONAL if whole_page else dropped)
    if websocket:
        headers.add(b"Connection", b"Upgrade")
        headers.add(b"Upgrade", b"websocket")
    if whole_page and (accepted := headers.tokens(b"accept-encoding")):
        headers.replace(b"Accept-Encoding", acceptable(accepted))
    return headers


def _forwarded(came_by: Downstream, host: bytes) -> tuple[tuple[bytes, bytes], ...]:
    address, scheme = came_by.address.encode("ascii"), came_by.scheme.encode("ascii")
    node = b'"[%b]"' % address if b":" in address else address
    return (
        (b"X-Forwarded-For", address),
        (b"X-Forwarded-Proto", scheme),
        (b"X-Forwarded-Host", host),
        (b"X-Forwarded-Port", b"%d" % port_of(host.decode("ascii", "replace"), came_by.scheme)),
        (b"Forwarded", b'for=%b;host="%b";proto=%b' % (node, host, scheme)),  # RFC 7239
    )


def forward_response(response: Response) -> Response:
    """Return the response as it goes to the client; its framing fields are chosen again when it is sent.

    One that leaves to the browser how long it is fresh, as those of `python -m http.server`, Go and nginx do, is to be
    asked about each time: a browser guesses by its age (RFC 9111, section 4.2.2), and a page that loads itself again
    after a save would take an old script from its cache.
    """
    received = response.headers
    headers = received.forms.get(RETURNED)
    if headers is None:
        dropped = _for_one_connection(received, NOT_RETURNED)
        is_guessed = b"last-modified" in received and received.has_none_of(EXPIRY)
        if received.is_frozen and not is_guessed and received.has_none_of(dropped):
            headers = received
        else:
            headers = received.without(dropped)
            if is_guessed:
                headers.add(b"Cache-Control", b"no-cache")
            headers.freeze()
        received.forms[RETURNED] = headers
    if response.status_code == UPGRADE_REQUIRED and b"upgrade" in received:
        headers = _asking_for(headers, received.all(b"upgrade"))
    return Response(response.status_code, headers, response.reason)


def _asking_for(headers: Headers, protocols: list[bytes]) -> Headers:
    """Return the fields with the protocols that a 426 has to name (RFC 9110, sections 7.8 and 15.5.22)."""
    asking = headers.copy()
    asking.add(b"Connection", b"Upgrade")
    asking.add(b"Upgrade", b", ".join(protocols))
    return asking


def forward_interim(response: InformationalResponse) -> InformationalResponse:
    """Return a 1xx response as it goes to the client; not 101, whose fields are about this very connection."""
    headers = response.headers.without(_for_one_connection(response.headers, NOT_RETURNED))
    return InformationalResponse(response.status_code, headers, response.reason)


def _for_one_connection(headers: Headers, usual: frozenset[bytes]) -> frozenset[bytes]:
    """Return the names of the fields that are for one connection only, those that Connection names among them."""
    named = facts_of(headers).options
    return usual if named <= usual else usual | (named - KEPT)
