"""A service for the dashboard's tests: hostile output, an event stream, an answer that can be slow."""

from __future__ import annotations

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b'<!doctype html><html lang="en"><head><title>quiet</title></head><body><h1>A page</h1></body></html>'
HOSTILE = "<img src=x onerror=\"document.title='ran'\"><script>document.title='ran'</script>"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Handler(BaseHTTPRequestHandler):
    """Answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together

    def do_GET(self) -> None:
        """Answer with a page, or with what the path asks for."""
        say(f"\x1b[33masked\x1b[m for {self.path} {HOSTILE}")
        if self.path == "/events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            while True:
                self.wfile.write(b"data: tick\n\n")
                self.wfile.flush()
                time.sleep(0.1)
        if self.path == "/crash":
            say("Error: it was asked to crash")
            os._exit(7)
        if self.path == "/slow":
            time.sleep(20)
        if self.path == "/vite":
            self.refuse_host()
            return
        if self.path == "/broken":
            self.wfile.write(b"this is no answer\r\n\r\n")
            self.close_connection = True
            return
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.send_header("X-Hostile", HOSTILE)
        self.send_header("Set-Cookie", "sid=hunter2")
        self.end_headers()
        self.wfile.write(PAGE)

    def refuse_host(self) -> None:
        """Refuse the host as Vite does."""
        body = b'Blocked request. This host ("x") is not allowed.\nadd it to `server.allowedHosts`'
        self.send_response(403)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say no more than that."""


if __name__ == "__main__":
    say("listens")
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
