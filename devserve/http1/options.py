"""What a head asks of the connection: to close it, to switch its protocol, to answer 100 first."""

from __future__ import annotations

from typing import Final

from devserve.errors import RemoteProtocolError
from devserve.http1.events import InformationalResponse, Request, Response
from devserve.http1.facts import facts_of
from devserve.http1.framing import is_old
from devserve.http1.headers import Headers

SWITCHING_PROTOCOLS: Final = 101


def ends_connection(event: Request | Response) -> bool:
    """Return whether the connection closes after this exchange (RFC 9112, section 9.3).

    `Connection: close` from either side closes, and so does HTTP/1.0: its keep-alive cannot pass a proxy safely
    (RFC 9112, appendix C.2.2). What follows CONNECT may be meant for a tunnel, so it is never read as HTTP.
    """
    if is_old(event.http_version) or b"close" in facts_of(event.headers).options:
        return True
    return isinstance(event, Request) and event.method == b"CONNECT"


def proposes_switch(request: Request) -> bool:
    """Return whether a request asks for another protocol (RFC 9110, section 7.8). HTTP/1.0 cannot."""
    facts = facts_of(request.headers)
    return facts.has_upgrade and b"upgrade" in facts.options and not is_old(request.http_version)


def check_switch(response: InformationalResponse, offers: frozenset[bytes]) -> None:
    """Refuse a 101 that names no protocol, or one that the request did not offer (RFC 9110, section 7.8).

    Raises:
        RemoteProtocolError: what would follow is not what the client expects.
    """
    agreed = response.headers.tokens(b"upgrade")
    if not agreed or not offers.issuperset(agreed):
        raise RemoteProtocolError("101 switches to a protocol that the request did not offer")


def expects_continue(request: Request) -> bool:
    """Return whether the client waits for 100 before it sends the body (RFC 9110, section 10.1.1)."""
    return facts_of(request.headers).expects_continue and not is_old(request.http_version)


def announce_close(headers: Headers) -> None:
    """Say in a head that the connection closes after this exchange."""
    options = headers.tokens(b"connection")
    if b"close" not in options or b"keep-alive" in options:
        kept = [option for option in options if option not in (b"close", b"keep-alive")]
        headers.replace(b"Connection", b", ".join([*kept, b"close"]))
