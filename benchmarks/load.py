"""The load that is put on a proxy: requests and handshakes by wrk, long bodies and WebSockets by clients of our own."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.names import FIXED, LIVELY
from benchmarks.nginx import BIG
from benchmarks.programs import path_of
from benchmarks.running import untrusting

SCRIPT = Path(__file__).with_name("wrk.lua")
ROOT = Path(__file__).parent.parent
GRACE_SECONDS = 30
BUFFER = bytearray(256 * 1024)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a load came to: per second, and milliseconds of latency where they were measured."""

    per_second: float
    errors: int = 0
    p50: float = 0.0
    p99: float = 0.0


def requests(port: int, target: str, kind: str, connections: int, seconds: float) -> Counted:
    """Send requests of a kind (wrk.lua's) over kept connections as fast as they are answered."""
    return _counted([_wrk(f"https://{FIXED}:{port}{target}", kind, connections, seconds)], seconds)


def direct_requests(port: int, target: str, connections: int, seconds: float) -> Counted:
    """Send requests to the upstream itself, without TLS: what no proxy can exceed."""
    return _counted([_wrk(f"http://localhost:{port}{target}", "plain", connections, seconds)], seconds)


def handshakes(port: int, hosts: Sequence[str], seconds: float) -> Counted:
    """Open connection after connection, one at a time for each name, each for one request."""
    started = [_wrk(f"https://{host}:{port}/", "close", 1, seconds) for host in hosts]
    return _counted(started, seconds)


def download(port: int, times: int) -> float:
    """Receive 100 MiB this many times; return MB/s."""
    begun = time.perf_counter()
    for _ in range(times):
        with closing(_connection(port, FIXED)) as connection:
            connection.sendall(_head("GET", "/big", FIXED))
            _receive_body(connection)
    return times * BIG / 1e6 / (time.perf_counter() - begun)


def upload(port: int, times: int) -> float:
    """Send 100 MiB this many times, each time until it is answered; return MB/s."""
    begun = time.perf_counter()
    for _ in range(times):
        with closing(_connection(port, LIVELY)) as connection:
            connection.sendall(_head("PUT", "/", LIVELY, f"Content-Length: {BIG}\r\n"))
            for _ in range(BIG // len(BUFFER)):
                connection.sendall(BUFFER)
            _receive_body(connection)
    return times * BIG / 1e6 / (time.perf_counter() - begun)


def echoes(port: int, connections: int, seconds: float) -> Counted:
    """Send WebSocket frames, one at a time on each connection, and count those that come back."""
    argv = [sys.executable, "-m", "benchmarks.sockets", str(port), str(connections), str(seconds)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=seconds + GRACE_SECONDS, check=True)
    return Counted(float(done.stdout))


def open_sockets(port: int, count: int, keep: ExitStack) -> None:
    """Open WebSockets that say nothing, until `keep` is closed."""
    argv = [sys.executable, "-m", "benchmarks.sockets", str(port), str(count), "idle"]
    idle = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    keep.callback(idle.communicate)  # the end of its input ends it
    assert idle.stdout is not None
    if idle.stdout.readline() != "open\n":
        raise RuntimeError(f"{count} WebSockets could not be opened")


def _wrk(url: str, kind: str, connections: int, seconds: float) -> subprocess.Popen[str]:
    argv = [path_of("wrk") or "wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", str(SCRIPT), url, "--", kind]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _counted(started: Sequence[subprocess.Popen[str]], seconds: float) -> Counted:
    found = []
    for each in started:
        output, said = each.communicate(timeout=seconds + GRACE_SECONDS)
        if each.returncode:
            raise RuntimeError(f"wrk failed: {said or output}")
        found.append(json.loads(output.splitlines()[-1]))
    return Counted(
        per_second=sum(each["requests"] / each["microseconds"] * 1e6 for each in found),
        errors=sum(each["errors"] for each in found),
        p50=max(each["p50"] for each in found) / 1000,
        p99=max(each["p99"] for each in found) / 1000,
    )


def _connection(port: int, host: str) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=GRACE_SECONDS)
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
