"""A service whose pages are hard to put a script into. It listens on PORT; /release lets what waits go on."""

from __future__ import annotations

import gzip
import os
import sys
import threading
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli

sys.path.insert(0, str(Path(__file__).parent.parent))
from support import zstd  # this file is run by its path

# An inline script that no policy here admits; /probe.js, which 'self' admits; a stylesheet that a test saves.
BLOCKED = "<script>document.title = 'ran'</script>"
PAGE = f"""<!doctype html>
<html><head><meta charset="utf-8"><title>quiet</title><link rel="stylesheet" href="/style.css">
{BLOCKED}</head><body><h1>Grüße</h1><p id="text">text</p></body></html>
"""
SELF = "default-src 'self'"
META = PAGE.replace("<title>", f'<meta http-equiv="Content-Security-Policy" content="{SELF}"><title>')
HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
POLICIES: dict[str, list[str]] = {
    "default": [SELF],
    "none": ["script-src 'none'; connect-src 'none'"],
    "nonce": ["script-src 'nonce-YWJjZGVm'; connect-src 'self'"],
    "strict-dynamic": [f"script-src 'strict-dynamic' {HASH}; connect-src 'none'"],
    "strict-dynamic-nonce": ["script-src 'strict-dynamic' 'nonce-YWJjZGVm' 'unsafe-inline' https:"],
    "elem": ["script-src 'none'; script-src-elem 'self'; connect-src 'self'"],
    "hash": [f"script-src {HASH}"],
    "several": [SELF, "script-src 'nonce-YWJjZGVm'", "script-src 'strict-dynamic' 'nonce-Zm9v', connect-src 'self'"],
    "trusted-types": ["default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"],
}
CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
OPEN = PAGE.replace(BLOCKED, "")
FRAMES = OPEN.replace("</body>", '<iframe src="/plain"></iframe><object data="/plain"></object></body>')
STALE = OPEN.replace("</body>", '<script src="http://localhost:35729/livereload.js?snipver=1" async></script></body>')
XHTML = """<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>quiet</title></head>
<body><h1>Grüße</h1></body></html>"""
WORKER = "self.addEventListener('fetch', (event) => event.respondWith(fetch(event.request)))"


class Pages(BaseHTTPRequestHandler):
    """One request."""

    released = threading.Event()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        name = path.rpartition("/")[2]
        if path.startswith("/policy/"):
            self.answer(PAGE, [("Content-Security-Policy", policy) for policy in POLICIES[name]])
        elif path.startswith("/coding/"):
            self.answer(CODERS[name](OPEN.encode()), [("Content-Encoding", name)])
        elif path == "/style.css":
            self.answer(Path("style.css").read_bytes(), kind="text/css")
        elif path == "/own":
            self.answer(OPEN.replace("</body>", f'<script src="{self.own_script()}"></script></body>'))
        elif path == "/slow":
            self.stream()
        elif path == "/release":
            self.released.set()
            self.answer("released", kind="text/plain")
        else:
            self.answer(*FIXED[path])

    def own_script(self) -> str:
        host, port = self.headers["X-Forwarded-Host"].split(":")
        return f"https://livereload.{host}:{port}/livereload.js?port={port}"

    def answer(
        self, body: str | bytes, fields: list[tuple[str, str]] | None = None, kind: str = "text/html; charset=utf-8"
    ) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(200)
        for name, value in [("Content-Type", kind), *(fields or []), ("Content-Length", str(len(content)))]:
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def stream(self) -> None:
        """Send the page's beginning; its end when a test says so."""
        self.released.clear()
        first, last = OPEN.split("<p id")
        coder = zlib.compressobj(6, zlib.DEFLATED, 31)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(coder.compress(first.encode()) + coder.flush(zlib.Z_SYNC_FLUSH))
        self.wfile.flush()
        self.released.wait(20)
        self.wfile.write(coder.compress(b"<p id" + last.encode()) + coder.flush())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


FIXED: dict[str, tuple[str | bytes, list[tuple[str, str]], str]] = {
    "/": (OPEN, [], "text/html; charset=utf-8"),
    "/plain": (OPEN, [], "text/html; charset=utf-8"),
    "/unsaid": (OPEN, [], ""),
    "/frames": (FRAMES, [], "text/html; charset=utf-8"),
    "/meta": (META, [], "text/html; charset=utf-8"),
    "/utf-16": (OPEN.encode("utf-16"), [], "text/html"),
    "/xhtml": (XHTML, [], "application/xhtml+xml; charset=utf-8"),
    "/stale": (STALE, [], "text/html; charset=utf-8"),
    "/kept": (OPEN, [("Cache-Control", "max-age=600"), ("ETag", '"1"')], "text/html; charset=utf-8"),
    "/worker.js": (WORKER, [], "text/javascript"),
    "/favicon.ico": (b"", [], "image/x-icon"),
}


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Pages).serve_forever()
