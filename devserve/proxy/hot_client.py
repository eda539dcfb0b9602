"""Recognise the hot client of a development server: by the page that brings it, or the socket that it opens."""

from __future__ import annotations

import re

from devserve.http1 import Request

# What its pages load; of Next.js only what is there in development. One of the marks is in all that a pattern matches:
# they are found several times as fast, and most pages have none.
IN_PAGES = (
    ("vite", (b"/@vite/client",), re.compile(rb"""["'][^"'\s]*/@vite/client["']""")),
    (
        "next",
        (b"/_next/static/", b"browser_dev_hmr-client"),
        re.compile(rb"/_next/static/(?:development/|chunks/webpack\.js\?v=)|browser_dev_hmr-client"),
    ),
    ("webpack", (b"webpack-dev-server",), re.compile(rb"/webpack-dev-server\.js|webpack-dev-server/client")),
    ("esbuild", (b"/esbuild",), re.compile(rb"""new EventSource\(["'`]/esbuild["'`]\)""")),
)

# Only what no application uses itself: webpack-dev-server's /ws could be anybody's.
PROTOCOLS = {"vite-hmr": "vite", "vite-ping": "vite"}
ENDINGS = (  # of paths: each may be below another one
    (b"/_next/hmr", "next"),
    (b"/_next/webpack-hmr", "next"),  # until Next.js 16
    (b"/__webpack_hmr", "webpack"),
    (b"/ng-cli-ws", "ng"),
)


def within(beginning: bytes) -> str:
    """Return the development server whose hot client the beginning of a page loads; "" when it loads none."""
    for name, marks, pattern in IN_PAGES:
        if any(mark in beginning for mark in marks) and pattern.search(beginning):
            return name
    return ""


def asking(request: Request) -> str:
    """Return the development server whose hot client asks for this upgrade; "" when it is none."""
    for token in request.headers.tokens(b"sec-websocket-protocol"):
        if found := PROTOCOLS.get(token.decode("latin-1")):
            return found
    path = request.target.partition(b"?")[0]
    return next((name for ending, name in ENDINGS if path.endswith(ending)), "")
