"""What it costs that somebody looks at the dashboard: `python -m benchmarks.dashboard [--seconds N]`.

1,000 requests per second at a steady pace, in slices: nobody looks, somebody looks, in turn, so that both meet the same
machine. Then as many requests as fit, again in turn. Memory is what devserve holds at the end of each slice.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import ssl
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from benchmarks import load, machine, nginx
from benchmarks.contenders import DEVSERVE
from benchmarks.names import FIXED, Names, temporary_folder
from benchmarks.running import Running, free_ports, untrusting

RESULTS = Path(__file__).with_name("DASHBOARD.md")
RATE, CONNECTIONS = 1000, 20
SLICE = 5.0  # seconds
FULL_SPEED_ROUNDS, FULL_SPEED_SECONDS, FULL_SPEED_CONNECTIONS = 4, 2.0, 32
DASHBOARD = "devserve.localhost"
LOOKS = (False, True)


@dataclass(slots=True)
class Measured:
    """What was measured while somebody looked, or while nobody did."""

    latencies: list[float] = field(default_factory=list)  # milliseconds
    resident: list[float] = field(default_factory=list)  # MiB, at the end of each slice
    per_second: list[float] = field(default_factory=list)  # as fast as it goes
    cost: list[float] = field(default_factory=list)  # microseconds of devserve's processor time for a request

    @property
    def p50(self) -> float:
        """The median latency."""
        return statistics.median(self.latencies)

    @property
    def p99(self) -> float:
        """The latency that one in a hundred exceeds."""
        return statistics.quantiles(self.latencies, n=100)[98]


async def paced(port: int, seconds: float) -> list[float]:
    """Send requests at the pace; return each one's milliseconds."""
    found: list[float] = []
    begun = time.perf_counter() + 0.1

    async def connection(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=untrusting(), server_hostname=FIXED)
        request = f"GET /?n={number} HTTP/1.1\r\nHost: {FIXED}\r\nAccept: */*\r\n\r\n".encode()
        due = begun + number / RATE
        while due < begun + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sent = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            found.append((time.perf_counter() - sent) * 1000)
            due += CONNECTIONS / RATE
        writer.close()

    await asyncio.gather(*(connection(number) for number in range(CONNECTIONS)))
    return found


@contextmanager
def looking(port: int) -> Iterator[None]:
    """Look as a page does: read all that the socket tells."""
    address = ("127.0.0.1", port)
    with load.socket.create_connection(address) as plain:
        page = untrusting().wrap_socket(plain, server_hostname=DASHBOARD)
        key = base64.b64encode(os.urandom(16)).decode()
        host = f"{DASHBOARD}:{port}"
        page.sendall(
            f"GET /api/live HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        if not page.recv(64).startswith(b"HTTP/1.1 101"):
            raise RuntimeError("the dashboard's socket did not open")
        reading = Thread(target=_read_all, args=(page,), daemon=True)
        reading.start()
        time.sleep(1)  # the first messages are about all that is kept
        try:
            yield
        finally:
            page.close()
            reading.join()


def _read_all(page: ssl.SSLSocket) -> None:
    try:
        while page.recv(65536):
            pass
    except (OSError, ValueError):
        pass


def measure(devserve: Running, port: int, seconds: float) -> dict[bool, Measured]:
    """Measure in turn, as long as it takes for these seconds with somebody looking."""
    found = {looks: Measured() for looks in LOOKS}
    asyncio.run(paced(port, 2))  # warm
    for _ in range(max(1, round(seconds / SLICE))):
        for looks in LOOKS:
            with looking(port) if looks else ExitStack():
                found[looks].latencies += asyncio.run(paced(port, SLICE))
                found[looks].resident.append(devserve.resident())
    for _ in range(FULL_SPEED_ROUNDS):
        for looks in LOOKS:
            with looking(port) if looks else ExitStack():
                begun = devserve.processor_seconds()
                counted = load.requests(port, "/", "browser", FULL_SPEED_CONNECTIONS, FULL_SPEED_SECONDS)
                spent = devserve.processor_seconds() - begun
                found[looks].per_second.append(counted.per_second)
                found[looks].cost.append(spent / (counted.per_second * FULL_SPEED_SECONDS) * 1e6)
    return found


def markdown(found: dict[bool, Measured], seconds: float, cores: machine.Cores) -> str:
    """Return the results as a page."""
    quiet, looked = found[False], found[True]
    change = (looked.p50 / quiet.p50 - 1) * 100
    growth = max(looked.resident) - quiet.resident[0]
    rows = [
        f"| {name} | {each.p50:.3f} | {each.p99:.2f} | {max(each.resident):.1f} | {max(each.per_second):,.0f}"
        f" | {min(each.cost):.0f} |"
        for name, each in (("nobody looks", quiet), ("somebody looks", looked))
    ]
    return "\n".join([
        "# What it costs that somebody looks at the dashboard",
        "",
        f"Written by `python -m benchmarks.dashboard --seconds {seconds:.0f}` on {datetime.now(UTC):%Y-%m-%d}.",
        "",
        f"{RATE:,} requests per second (1 KiB of text, TLS, {CONNECTIONS} kept connections) at a steady pace for"
        f" {seconds:.0f} s each, in turn in slices of {SLICE:.0f} s; then as fast as"
        f" {FULL_SPEED_CONNECTIONS} connections go, best of {FULL_SPEED_ROUNDS} rounds."
        " Who looks reads the socket as the page does; a browser that draws is not part of it.",
        "",
        "| | p50 ms | p99 ms | memory MiB | requests/s at full speed | processor µs for each |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        f"The p50 changes by {change:+.1f} %; memory, from the first slice to the largest, by {growth:+.1f} MiB.",
        "",
        f"{machine.description()}; {cores}.",
    ]).rstrip() + "\n"  # fmt: skip


def main() -> None:
    """Start nginx behind devserve, measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="with somebody looking; 600 is the long form")
    seconds = parser.parse_args().seconds
    with temporary_folder() as name, ExitStack() as keep:
        folder = Path(name)
        port, upstream_port, lively = free_ports(3)
        routes = Names(folder, [upstream_port], lively).routes(2)
        (folder / "upstream").mkdir()
        (folder / "devserve").mkdir()
        cores = machine.cores()
        machine.pin(0, cores.load)
        upstream = Running("nginx", nginx.launch_upstream(folder / "upstream", [upstream_port]), cores.load)
        keep.callback(upstream.end)
        upstream.wait_answers(upstream_port)
        devserve = Running("devserve", DEVSERVE.launch(folder / "devserve", routes, port), cores.proxy)
        keep.callback(devserve.end)
        devserve.wait_answers(port, FIXED)
        found = measure(devserve, port, seconds)
    page = markdown(found, seconds, cores)
    RESULTS.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
