"""A service with a strict Content-Security-Policy: the files of its folder. Run by devserve, not imported."""

from __future__ import annotations

import http.server
import os

import build  # what a saved mistake breaks

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'"


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Word", build.WORD)
        super().end_headers()


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
