"""Whether a request is let in at all, before any route is asked (DESIGN section 5)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from devserve.http1 import Request
from devserve.proxy.forward import LOOP_FIELD, is_websocket
from devserve.proxy.routes import host_of

LOOP_NAME: Final = LOOP_FIELD.lower()
WEBSOCKET_KEY_LENGTH: Final = 16  # octets, RFC 6455 section 4.1
# Of two, the service may take the other one.
GIVEN_ONCE: Final = (b"sec-websocket-key", b"sec-websocket-version", b"origin")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status and the sentence that explains it."""

    status: int
    reason: str


def refusal(request: Request, host: str, server_name: str, loop_mark: bytes) -> Refusal | None:
    """Return why a request for a host is refused whatever its route, or None."""
    if request.method in (b"CONNECT", b"TRACE"):
        return Refusal(405, f"devserve does not answer {request.method.decode('ascii')}.")
    if server_name and host != server_name:
        return Refusal(421, f"This connection was opened for {server_name}, not for {host}.")
    if loop_mark in request.headers.all(LOOP_NAME):  # each devserve on the way has added its own
        return Refusal(508, "This request comes from devserve itself: an upstream points back at devserve.")
    return None


def upgrade_refusal(request: Request, knows: Callable[[str], bool], *, own: bool) -> Refusal | None:
    """Return why an upgrade is refused, or None.

    The Origin's host must be a configured one (RFC 6455, section 10.2). Clients that are no browsers send none: they
    pass to services, never to devserve's `own` sockets.
    """
    if not is_websocket(request):
        return None
    headers = request.headers
    if request.method != b"GET" or any(len(headers.all(name)) > 1 for name in GIVEN_ONCE):
        return Refusal(400, "This is not a WebSocket handshake (RFC 6455, section 4.1).")
    if not _is_key(headers.first(b"sec-websocket-key")):
        return Refusal(400, "The WebSocket handshake has no key of 16 octets (RFC 6455, section 4.1).")
    if headers.first(b"sec-websocket-version") != b"13":
        return Refusal(426, "Only version 13 of the WebSocket protocol is spoken.")
    origin = headers.first(b"origin")
    if origin is None:
        return Refusal(403, "A WebSocket to devserve itself needs an Origin.") if own else None
    scheme, _, authority = origin.decode("latin-1").partition("://")
    if scheme not in ("http", "https") or not knows(host_of(authority)):
        return Refusal(403, "The page's Origin is not a host of this devserve.")
    return None


def _is_key(value: bytes | None) -> bool:
    try:
        return value is not None and len(base64.b64decode(value, validate=True)) == WEBSOCKET_KEY_LENGTH
    except binascii.Error:
        return False
