"""Many pages in one process: `python -m support.live_many PORT COUNT`.

Prints `open` when all have shaken hands, then, once each has heard an order, the seconds from the first to the last.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time

from devserve.live.protocol import text_frame
from support.live import HELLO, request

UPGRADE = [
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: https://web.test",
]  # fmt: skip
INFO = json.dumps({"command": "info", "plugins": {}, "url": "https://web.test/"})


def masked(text: str) -> bytes:
    """Return a client's frame; a mask of zeros leaves the text as it is (RFC 6455, section 5.3)."""
    frame = text_frame(text)
    head = 2 if len(text) < 126 else 4
    return bytes([frame[0], frame[1] | 0x80]) + frame[2:head] + bytes(4) + frame[head:]


def opened(port: int) -> socket.socket:
    page = socket.create_connection(("127.0.0.1", port))
    page.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    page.sendall(request("/livereload", *UPGRADE) + masked(HELLO) + masked(INFO))
    received = b""
    while b"official-7" not in received:
        received += page.recv(4096)
    page.setblocking(False)
    return page


def main(port: int, count: int) -> None:
    ready = selectors.DefaultSelector()
    for _ in range(count):
        ready.register(opened(port), selectors.EVENT_READ)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    heard, first = 0, 0.0
    while heard < count:
        for key, _ in ready.select(30):
            if b'"reload"' in key.fileobj.recv(4096):  # type: ignore[union-attr]
                first = first or time.monotonic()
                heard += 1
    sys.stdout.write(f"{time.monotonic() - first}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
