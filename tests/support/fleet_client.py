"""Requests to devserve without a browser: by name, whatever the resolver says, trusting devserve's CA only."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    """A response, read to its end."""

    status: int
    headers: Message
    text: str


def ask(url: str, ca: Path | None = None, method: str = "GET", **fields: str) -> Answer:
    """Return the answer to a request. Underscores in `fields` stand for hyphens."""
    parts = urlsplit(url)
    host = str(parts.hostname)
    port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    connection = HTTPConnection(host, port, timeout=SECONDS)
    connection.sock = socket.create_connection(("127.0.0.1", port), SECONDS)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=ca)
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        headers = {"Host": parts.netloc, **{name.replace("_", "-"): value for name, value in fields.items()}}
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())
    finally:
        connection.close()
