"""A client of long bodies, a process of its own: `python -m benchmarks.bodies PORT down|up TIMES` prints MB/s."""

from __future__ import annotations

import socket
import ssl
import sys
import time
from contextlib import closing

from benchmarks.names import FIXED, LIVELY
from benchmarks.nginx import BIG
from benchmarks.running import untrusting

SECONDS = 30  # for a step of a connection
BUFFER = bytearray(256 * 1024)


def download(port: int) -> None:
    """Receive 100 MiB."""
    with closing(_connection(port, FIXED)) as connection:
        connection.sendall(_head("GET", "/big", FIXED))
        _receive_body(connection)


def upload(port: int) -> None:
    """Send 100 MiB until it is answered."""
    with closing(_connection(port, LIVELY)) as connection:
        connection.sendall(_head("PUT", "/", LIVELY, f"Content-Length: {BIG}\r\n"))
        for _ in range(BIG // len(BUFFER)):
            connection.sendall(BUFFER)
        _receive_body(connection)


def _connection(port: int, host: str) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    return untrusting().wrap_socket(plain, server_hostname=host)


def _head(method: str, target: str, host: str, fields: str = "") -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n".encode()


def _receive_body(connection: ssl.SSLSocket) -> None:
    """Receive one answer of known length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, rest = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"not the answer that was expected: {head[:200]!r}")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    remaining = int(length.partition(b":")[2]) - len(rest)
    while remaining:
        count = connection.recv_into(BUFFER)
        if not count:
            raise RuntimeError(f"the connection ended {remaining} bytes early")
        remaining -= count


def _some(connection: ssl.SSLSocket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise RuntimeError("the connection ended before the answer")
    return data


def main(port: int, direction: str, times: int) -> None:
    """Move the bodies and print how fast it went."""
    move = {"down": download, "up": upload}[direction]
    begun = time.perf_counter()
    for _ in range(times):
        move(port)
    print(times * BIG / 1e6 / (time.perf_counter() - begun))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
