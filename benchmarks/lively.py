"""The lively upstream, a process of its own: takes uploads, and echoes WebSocket frames of one fixed size.

Run as `python -m benchmarks.lively PORT`. One loop over epoll or kqueue on plain sockets, because it must not be what
limits the proxies. Its clients' frames have the mask 0, so the echo is the same payload with a server's two-byte head.
"""

from __future__ import annotations

import base64
import hashlib
import re
import selectors
import socket
import sys
from collections.abc import Callable

PAYLOAD = b"a frame of thirty-two characters"
CLIENT_FRAME = bytes([0x81, 0x80 | len(PAYLOAD)]) + bytes(4) + PAYLOAD  # RFC 6455, section 5.2
SERVER_FRAME = bytes([0x81, len(PAYLOAD)]) + PAYLOAD
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 4.2.2
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
KEY = re.compile(rb"\r\nsec-websocket-key: *([^\r]+)\r\n", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
BUFFER = memoryview(bytearray(1024 * 1024))


class Peer:
    """One connection: `serve` is what its next bytes mean."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.serve: Callable[[int], None] = self._head
        self._received = b""
        self._remaining = 0

    def receive(self) -> bool:
        """Take what has come; tell whether the connection is still there."""
        try:
            count = self.connection.recv_into(BUFFER)
            if count:
                self.serve(count)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return bool(count)

    def _head(self, count: int) -> None:
        self._received += BUFFER[:count]
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        self._received = b""
        head += b"\r\n"
        key, length = KEY.search(head), LENGTH.search(head)
        if key:
            self.connection.send(_switch(key[1]))
            self.serve = self._echo
            return
        self._remaining = int(length[1]) if length else 0
        self.serve = self._upload
        self._upload(len(rest))

    def _upload(self, count: int) -> None:
        self._remaining -= count
        if self._remaining <= 0:
            self.connection.send(OK)
            self.serve = self._head

    def _echo(self, count: int) -> None:
        self._remaining += count
        frames, self._remaining = divmod(self._remaining, len(CLIENT_FRAME))
        self.connection.send(SERVER_FRAME * frames)


def _switch(key: bytes) -> bytes:
    accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )


def main(port: int) -> None:
    """Serve until the process is ended."""
    server = socket.create_server(("127.0.0.1", port), backlog=2048)
    ready = selectors.DefaultSelector()
    ready.register(server, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.data is None:
                connection, _ = server.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ready.register(connection, selectors.EVENT_READ, Peer(connection))
            elif not key.data.receive():
                ready.unregister(key.fileobj)
                key.data.connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
