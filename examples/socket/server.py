"""A server that takes its connections from descriptor 3, a listening socket that devserve keeps open.

While it restarts, new connections wait in the kernel: nobody sees one refused. What it has taken it answers before it
ends, so that no request is lost either.
"""

from __future__ import annotations

import os
import signal
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    """Says which process answers."""

    wbufsize = -1  # an answer leaves whole, so that it is lost whole or not at all

    def do_GET(self) -> None:
        """Answer every path."""
        page = f"<!doctype html><title>Socket</title><p>Process {os.getpid()} answers.</p>\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Waits at its end for the requests that it has taken."""

    daemon_threads = False
    timeout = 0.05  # seconds until it looks whether it is to end
    ending = False

    def end(self, *_: object) -> None:
        """Note that the signal came, no more: its handler runs in the middle of anything, a thread's start too."""
        self.ending = True


def main() -> None:
    """Serve until the signal comes."""
    server = Server(("127.0.0.1", 0), Page, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=3)  # os.environ["LISTEN_FDS"] says that there is one
    signal.signal(signal.SIGTERM, server.end)
    while not server.ending:
        server.handle_request()
    server.server_close()


if __name__ == "__main__":
    main()
