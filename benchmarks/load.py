"""The load that is put on a proxy: requests and handshakes by wrk, long bodies and WebSockets by clients of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.names import FIXED
from benchmarks.programs import path_of

SCRIPT = Path(__file__).with_name("wrk.lua")
ROOT = Path(__file__).parent.parent
GRACE_SECONDS = 30
# The same cipher suites in the same order for each load, whatever OpenSSL's are.
AS_BROWSERS = {**os.environ, "OPENSSL_CONF": str(Path(__file__).with_name("browser.cnf"))}


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
    return float(_answer("bodies", port, "down", times, seconds=times * GRACE_SECONDS))


def upload(port: int, times: int) -> float:
    """Send 100 MiB this many times, each time until it is answered; return MB/s."""
    return float(_answer("bodies", port, "up", times, seconds=times * GRACE_SECONDS))


def echoes(port: int, connections: int, seconds: float) -> Counted:
    """Send WebSocket frames, one at a time on each connection, and count those that come back."""
    return Counted(float(_answer("sockets", port, connections, seconds, seconds=seconds + GRACE_SECONDS)))


def open_sockets(port: int, count: int, keep: ExitStack) -> None:
    """Open WebSockets that say nothing, until `keep` is closed."""
    idle = subprocess.Popen(
        _program("sockets", port, count, "idle"),
        cwd=ROOT, env=AS_BROWSERS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    keep.callback(idle.communicate)  # the end of its input ends it
    assert idle.stdout is not None
    if idle.stdout.readline() != "open\n":
        raise RuntimeError(f"{count} WebSockets could not be opened")


def _program(module: str, *arguments: float | str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]


def _answer(module: str, *arguments: float | str, seconds: float) -> str:
    """Run a client of ours; return what it prints."""
    argv = _program(module, *arguments)
    done = subprocess.run(argv, cwd=ROOT, env=AS_BROWSERS, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv[2:])} failed: {done.stderr[-500:]}")
    return done.stdout


def _wrk(url: str, kind: str, connections: int, seconds: float) -> subprocess.Popen[str]:
    argv = [path_of("wrk") or "wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", str(SCRIPT), url, "--", kind]
    return subprocess.Popen(argv, env=AS_BROWSERS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


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
