"""How long a saved file takes to the browser's socket: `python -m benchmarks.reload`, part of `make bench`.

From the end of close(2) to the message at the client. devserve is measured as a browser has it, over TLS and through
its proxy; Vite and gulp-livereload by their own plain sockets, in the same run, their saves in turn.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.names import temporary_folder
from benchmarks.programs import CACHE
from benchmarks.running import Launch, Running, free_ports, untrusting

RESULTS = Path(__file__).with_name("RELOAD.md")
PACKAGES = ("vite@8.3.8", "gulp@5.0.1", "gulp-livereload@4.0.2")
HOST = "web.localhost"
SAVES, PAUSE = 150, 0.12  # seconds; longer than any of them gathers changes
SECONDS = 10
HELLO = json.dumps({"command": "hello", "protocols": ["http://livereload.com/protocols/official-7"], "ver": "4.0.2"})
INFO = json.dumps({"command": "info", "plugins": {}, "url": f"https://{HOST}/"})
GULPFILE = """const gulp = require("gulp");
const livereload = require("gulp-livereload");
const css = () => gulp.src("site.css").pipe(gulp.dest("public")).pipe(livereload());
const listen = () => livereload.listen({ port: Number(process.env.LIVERELOAD), host: "127.0.0.1", quiet: true });
exports.task = () => { listen(); gulp.watch("site.css", css); };
exports.direct = () => { listen(); gulp.watch("site.css").on("change", livereload.changed); };
"""
PONG = b"\x8a\x80" + bytes(4)
PAGE = '<!doctype html><link rel="stylesheet" href="/site.css"><script type="module" src="/main.js"></script>'


@dataclass(frozen=True, slots=True)
class Client:
    """A page's socket, the file to save, and what its message holds."""

    name: str
    connection: socket.socket
    file: Path
    expected: bytes
    measured: list[float] = field(default_factory=list)  # milliseconds

    def save(self, number: int) -> None:
        """Save once and measure."""
        self._forget()
        text = f"/* {number} */\n" if self.file.suffix == ".css" else f"export const number = {number};\n"
        file = self.file.open("w")
        file.write(text)
        file.close()
        saved = time.perf_counter()
        received = b""
        while self.expected not in received:
            data = self.connection.recv(65536)
            arrived = time.perf_counter()
            if not data:
                raise RuntimeError(f"{self.name} has closed its socket")
            received += data
        self.measured.append((arrived - saved) * 1000)

    def _forget(self) -> None:
        """Read away what has come since the last save: a second message about it, or pings, which are answered."""
        self.connection.sendall(PONG)
        self.connection.settimeout(0.001)
        with contextlib.suppress(TimeoutError, ssl.SSLWantReadError):
            while self.connection.recv(65536):
                pass
        self.connection.settimeout(SECONDS)


def frame(text: str) -> bytes:
    """Return a client's frame; a mask of zeros leaves the text as it is (RFC 6455, section 5.3)."""
    data = text.encode()
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + data


def upgraded(connection: socket.socket, host: str, target: str, *fields: str) -> socket.socket:
    """Return the connection as a WebSocket."""
    connection.settimeout(SECONDS)
    key = base64.b64encode(bytes(16)).decode()
    head = [
        f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *fields, "", "",
    ]  # fmt: skip
    connection.sendall("\r\n".join(head).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = connection.recv(1)
        if not data:
            break
        answer += data
    if not answer.startswith(b"HTTP/1.1 101"):
        raise RuntimeError(f"no WebSocket at {host}{target}: {answer!r}")
    return connection


def greeted(connection: socket.socket) -> socket.socket:
    """Return a livereload socket after the handshake."""
    connection.sendall(frame(HELLO))
    received = b""
    while b"official-7" not in received:
        received += connection.recv(4096)
    connection.sendall(frame(INFO))
    return connection


def plain(port: int) -> socket.socket:
    """Return a connection to a port, waiting until somebody listens."""
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), SECONDS)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


@contextmanager
def devserve(folder: Path) -> Iterator[Client]:
    """As a user runs it; the service is a folder of files."""
    https, service = free_ports(2)
    (folder / "devserve.toml").write_text(
        f'[services.web]\nport = {service}\ncommand = "python3 -m http.server --bind 127.0.0.1 {service}"\n'
    )
    program = str(Path(sys.executable).with_name("devserve"))
    argv = [program, "run", "--yes", "--https-port", str(https), "--http-port", "0", "--bind", "127.0.0.1"]
    running = Running("devserve", Launch(argv, folder, {"DEVSERVE_HOME": str(folder / "home"), "NO_COLOR": "1"}), set())
    try:
        running.wait_answers(https, HOST)
        name = f"livereload.{HOST}"
        tls = untrusting().wrap_socket(plain(https), server_hostname=name)
        connection = greeted(upgraded(tls, f"{name}:{https}", "/livereload", f"Origin: https://{HOST}:{https}"))
        yield Client("devserve", connection, folder / "site.css", b'"reload"')
    finally:
        running.end()


@contextmanager
def vite(folder: Path) -> Iterator[Client]:
    """As `npm create vite` starts it."""
    (port,) = free_ports(1)
    argv = [str(CACHE / "node_modules/.bin/vite"), "--port", str(port), "--strictPort", "--host", "127.0.0.1"]
    running = Running("Vite", Launch(argv, folder), set())
    try:
        running.wait_answers(port)
        asked(port, "/")
        asked(port, "/main.js")  # only what a page has loaded is updated
        connection = upgraded(plain(port), f"127.0.0.1:{port}", "/", "Sec-WebSocket-Protocol: vite-hmr")
        yield Client("Vite", connection, folder / "main.js", b'"type":"')
    finally:
        running.end()


@contextmanager
def gulp(folder: Path, task: str = "task", name: str = "gulp-livereload, as its README has it") -> Iterator[Client]:
    """A watched task that pipes into gulp-livereload."""
    (port,) = free_ports(1)
    (folder / "gulpfile.js").write_text(GULPFILE)
    launch = Launch([str(CACHE / "node_modules/.bin/gulp"), task], folder, {"LIVERELOAD": str(port)})
    running = Running(name, launch, set())
    try:
        connection = greeted(upgraded(plain(port), f"127.0.0.1:{port}", "/livereload"))
        yield Client(name, connection, folder / "site.css", b'"reload"')
    finally:
        running.end()


def gulp_direct(folder: Path) -> AbstractContextManager[Client]:
    """Every event at once, without a task. Node hears of each write, not of the end: a page may load half a file."""
    return gulp(folder, "direct", "gulp-livereload, without a task")


def asked(port: int, target: str) -> None:
    """Ask for a file and read the answer."""
    with plain(port) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        while connection.recv(65536):
            pass


CONTENDERS: Sequence[tuple[str, Callable[[Path], AbstractContextManager[Client]]]] = (
    ("devserve", devserve), ("vite", vite), ("gulp", gulp), ("direct", gulp_direct),
)  # fmt: skip


def install() -> bool:
    """Install what the others need; tell whether it is there."""
    if shutil.which("npm") is None:
        return False
    if not all((CACHE / "node_modules" / package.partition("@")[0]).is_dir() for package in PACKAGES):
        CACHE.mkdir(exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(CACHE), *PACKAGES]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return True


def files_in(folder: Path) -> Path:
    """Return a folder with a page, its stylesheet and its script."""
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / "site.css").write_text("body {}\n")
    (folder / "main.js").write_text("export const number = 0;\n")
    (folder / "node_modules").symlink_to(CACHE / "node_modules")
    return folder


def markdown(clients: Sequence[Client], saves: int) -> str:
    """Return the page of results."""
    lines = [
        "# From a saved file to the browser's socket",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine.description()}. {saves} saves each, in turn; milliseconds"
        " from the end of close(2) to the message at the client. devserve over TLS and through its proxy.",
        "",
        "| | p50 | p90 | p99 | most |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for client in clients:
        cuts = statistics.quantiles(client.measured, n=100, method="inclusive")
        figures = (cuts[49], cuts[89], cuts[98], max(client.measured))
        lines.append(f"| {client.name} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure and write RELOAD.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reload", description=__doc__)
    parser.add_argument("--saves", type=int, default=SAVES, help="of each; fewer than usual are printed only")
    saves = parser.parse_args().saves
    contenders = CONTENDERS if install() else CONTENDERS[:1]
    with temporary_folder() as name, ExitStack() as ending:
        clients = [ending.enter_context(contender(files_in(Path(name) / folder))) for folder, contender in contenders]
        time.sleep(1)  # their watchers
        for number in range(-10, saves):
            for client in clients:
                client.save(number + 1_000_000)
                time.sleep(PAUSE)
                if number < 0:
                    client.measured.clear()  # compilers and caches
        page = markdown(clients, saves)
    print(page)
    if saves >= SAVES:
        RESULTS.write_text(page)


if __name__ == "__main__":
    main()
