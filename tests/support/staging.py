"""A shared environment with a login, under a name and a certificate authority of its own. It believes no other name."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from devserve.ca import leaf
from devserve.io.proxy.sni import context_of
from support.authority import authority

HOST = "contacts.staging.test"
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
LOGIN = '<form method="post" action="/login"><button>Log in</button></form>'
PAGE = """<!doctype html><title>staging</title><h1>Hello Ada</h1><p id="said"></p><p id="posted"></p><script>
new WebSocket(`wss://${location.host}/socket`).onmessage = (event) => {
  document.getElementById("said").textContent = event.data;
};
fetch("/post", {method: "POST"}).then((answer) => answer.text()).then((text) => {
  document.getElementById("posted").textContent = text;
});
</script>"""


@dataclass(frozen=True)
class Staging:
    """The environment while it answers: its origin, and the file with what vouches for it."""

    origin: str
    ca: Path


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    origin = ""

    def do_GET(self) -> None:
        if self.path == "/socket":
            self.switch()
        elif self.path == "/login":
            self.answer(200, LOGIN)
        elif self.path == "/cors":
            self.answer(200, "shared", ("Access-Control-Allow-Origin", self.origin))
        elif self.is_known:
            self.answer(200, PAGE)
        else:
            self.answer(302, "", ("Location", f"{self.origin}/login"))

    def do_POST(self) -> None:
        if self.headers["Origin"] != self.origin:
            self.answer(403, f"{self.headers['Origin']} is another origin")
        elif self.path == "/login":
            session = ("Set-Cookie", "session=ada; Domain=staging.test; Path=/; Secure; HttpOnly; SameSite=Lax")
            guard = ("Set-Cookie", "__Host-guard=1; Path=/; Secure; SameSite=Strict")
            self.answer(303, "", session, guard, ("Location", f"{self.origin}/"))
        else:
            self.answer(200, f"posted by {self.headers['Referer']}" if self.is_known else "nobody")

    @property
    def is_known(self) -> bool:
        cookies = (self.headers["Cookie"] or "").split("; ")
        return {"session=ada", "__Host-guard=1"} <= set(cookies)

    def answer(self, status: int, text: str, *fields: tuple[str, str]) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        asked_as = f"https://{self.headers['Host']}"
        if asked_as != self.origin or self.headers["X-Forwarded-Host"]:
            status, text, fields = 421, f"{asked_as} is another origin", ()
        self.send_response(status)
        kind = ("Content-Type", "text/html; charset=utf-8")
        bound = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        for name, value in (kind, bound, *fields, ("Content-Length", str(len(text.encode())))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def switch(self) -> None:
        if self.headers["Origin"] != self.origin or not self.is_known:
            self.answer(403, "another origin")
            return
        key = self.headers["Sec-WebSocket-Key"].encode() + WEBSOCKET
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "websocket")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key).digest()).decode())
        self.end_headers()
        self.wfile.write(b"\x81\x05hello")
        self.rfile.read(1)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def staging(folder: Path) -> Iterator[Staging]:
    """Answer as the shared environment until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context_of(leaf.mint(authority(), HOST, datetime.now(UTC))).wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    origin = Handler.origin = f"https://{HOST}:{server.server_address[1]}"
    ca = folder / "staging.pem"
    ca.write_bytes(authority().root.pem)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Staging(origin, ca)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
