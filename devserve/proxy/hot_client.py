"""Recognise the hot client of a development server by the socket that it opens."""

from __future__ import annotations

from devserve.http1 import Request

# Only what no application uses itself: webpack-dev-server's /ws could be anybody's.
PROTOCOLS = {"vite-hmr": "vite", "vite-ping": "vite"}
TARGETS = ((b"/_next/webpack-hmr", "next"), (b"/__webpack_hmr", "webpack"), (b"/ng-cli-ws", "ng"))


def hot_client_of(request: Request) -> str:
    """Return the development server whose hot client asks for this upgrade; "" when it is none."""
    for token in request.headers.tokens(b"sec-websocket-protocol"):
        if found := PROTOCOLS.get(token.decode("latin-1")):
            return found
    return next((name for target, name in TARGETS if request.target.startswith(target)), "")
