"""What a service that floods the terminal costs the proxy: `python -m benchmarks.output`, part of `make bench`.

Requests one after the other over one connection, to a service that says nothing, while another one prints.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks import machine
from benchmarks.names import temporary_folder
from benchmarks.running import Launch, Running, free_ports

RESULTS = Path(__file__).with_name("OUTPUT.md")
HOST = "web.localhost"
REQUESTS = 3000
WARM = 200
SERVER = """
import asyncio, os
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"
async def serve(reader, writer):
    while await reader.readline():
        while await reader.readline() != b"\\r\\n":
            pass
        writer.write(ANSWER)
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(os.environ["PORT"])) as server:
        await server.serve_forever()
asyncio.run(main())
"""
# As fast as it is read, but for the second one, which would print 100,000 a second.
LINES = """
import sys, time
batch = "".join(f"2026-01-01 12:00:00 INFO a request was answered within {number} ms\\n" for number in range(1000))
due = time.monotonic()
while True:
    sys.stdout.write(batch)
    due += 0.01
    time.sleep(max(0.0, due - time.monotonic()))
"""
FLOODS = {
    "nothing": "sleep 1000000",
    "100,000 lines a second": "python3 lines.py",
    "short lines, all it can": "yes",
    "coloured lines, all it can": ["sh", "-c", "exec yes \"$(printf '\\033[32mINFO\\033[m it works')\""],
    "one line without end, all it can": ["sh", "-c", "tr '\\0' x </dev/zero"],
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A flood, how long requests took meanwhile (milliseconds), and how much memory devserve had at most (MiB)."""

    flood: str
    milliseconds: Sequence[float]
    peak: float


def measured(flood: str, folder: Path, requests: int) -> Measured:
    """Run devserve with a service that prints, and measure."""
    folder.mkdir()
    https, http = free_ports(2)
    (folder / "server.py").write_text(SERVER)
    (folder / "lines.py").write_text(LINES)
    (folder / "devserve.toml").write_text(
        f'[services.web]\ncommand = "python3 server.py"\n[services.flood]\ncommand = {toml(FLOODS[flood])}\n'
    )
    program = str(Path(sys.executable).with_name("devserve"))
    argv = [program, "run", "--yes", "--https-port", str(https), "--http-port", str(http), "--bind", "127.0.0.1"]
    # To a terminal that takes all there is, so that none is left out.
    home = {"DEVSERVE_HOME": str(folder / "home")}
    running = Running("devserve", Launch(["sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh", *argv], folder, home), set())
    try:
        running.wait_answers(https, HOST)
        time.sleep(1)
        took = asked(http, requests)
        return Measured(flood, took, psutil.Process(running.pid).memory_info().rss / 2**20)
    finally:
        running.end()


def toml(command: str | Sequence[str]) -> str:
    """Return a command as TOML; literal strings keep backslashes."""
    return f"'{command}'" if isinstance(command, str) else "[" + ", ".join(f"'''{word}'''" for word in command) + "]"


def asked(port: int, requests: int) -> list[float]:
    """Ask again and again; return the milliseconds of each answer."""
    request = f"GET / HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode()
    took = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(WARM + requests):
            began = time.perf_counter()
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"\r\n\r\nok"):
                answer += connection.recv(65536)
            took.append((time.perf_counter() - began) * 1000)
    return took[WARM:]


def markdown(all_measured: Sequence[Measured], requests: int) -> str:
    """Return the page of results."""
    lines = [
        "# What a service that floods the terminal costs the proxy",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine.description()}. {requests} requests one after the other over"
        " one connection, to another service; milliseconds. devserve's memory afterwards.",
        "",
        "| a service prints | p50 | p90 | p99 | most | memory, MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in all_measured:
        cuts = statistics.quantiles(each.milliseconds, n=100, method="inclusive")
        figures = (cuts[49], cuts[89], cuts[98], max(each.milliseconds))
        shown = " | ".join(f"{figure:.2f}" for figure in figures)
        lines.append(f"| {each.flood} | {shown} | {each.peak:.0f} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure and write OUTPUT.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.output", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="of each; fewer than usual are printed only")
    requests = parser.parse_args().requests
    with temporary_folder() as name:
        found = [measured(flood, Path(name) / str(number), requests) for number, flood in enumerate(FLOODS)]
    page = markdown(found, requests)
    print(page)
    if requests >= REQUESTS:
        RESULTS.write_text(page)


if __name__ == "__main__":
    main()
