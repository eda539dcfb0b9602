"""A WebSocket client for many connections at once, a process of its own.

Run as `python -m benchmarks.sockets PORT COUNT SECONDS` to print round trips per second, or with `idle` for the
seconds to hold the connections open, once `open` is printed, until the input ends.
"""

from __future__ import annotations

import base64
import selectors
import socket
import ssl
import sys
import time
from collections.abc import Sequence

from benchmarks.lively import CLIENT_FRAME, SERVER_FRAME
from benchmarks.machine import allow_many_files
from benchmarks.names import LIVELY
from benchmarks.running import untrusting

SECONDS = 10
HANDSHAKE = (
    f"GET /socket HTTP/1.1\r\nHost: {LIVELY}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    f"Origin: https://{LIVELY}\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n\r\n"
).encode()


def opened(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Return a connection on which the handshake is done."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = context.wrap_socket(plain, server_hostname=LIVELY)
    connection.sendall(HANDSHAKE)
    head = b""
    while not head.endswith(b"\r\n\r\n"):  # the other side says nothing after it before we do
        data = connection.recv(4096)
        if not data:
            raise RuntimeError(f"no WebSocket: {head!r}")
        head += data
    if not head.startswith(b"HTTP/1.1 101"):
        raise RuntimeError(f"no WebSocket: {head!r}")
    return connection


def round_trips(connections: Sequence[ssl.SSLSocket], seconds: float) -> float:
    """Send a frame on each connection, and another whenever it has come back; return round trips per second."""
    ready = selectors.DefaultSelector()
    for connection in connections:
        connection.setblocking(False)
        ready.register(connection, selectors.EVENT_READ)
        connection.send(CLIENT_FRAME)
    count, begun = 0, time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        for key, _ in ready.select(timeout=1):
            connection = key.fileobj
            assert isinstance(connection, ssl.SSLSocket)
            try:
                data = connection.recv(4096)
            except ssl.SSLWantReadError:
                continue  # a session ticket
            if data != SERVER_FRAME:
                raise RuntimeError(f"not the frame that was sent: {data!r}")
            connection.send(CLIENT_FRAME)
            count += 1
    return count / (now - begun)


def main(port: int, count: int, what: str) -> None:
    """Open the connections and do what is asked with them."""
    allow_many_files()
    context = untrusting()
    connections = [opened(port, context) for _ in range(count)]
    if what == "idle":
        print("open", flush=True)
        sys.stdin.read()
    else:
        print(round_trips(connections, float(what)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
