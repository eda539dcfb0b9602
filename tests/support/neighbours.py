"""Several repositories, each with a devserve of its own, on the same ports of one home."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from support.fleet_client import Answer, ask
from support.fleet_home import Home
from support.fleet_running import Running, free_port
from support.fleet_stage import export_ca

# It answers with its name and process id, and keeps a WebSocket's connection open.
SERVER = """
import asyncio, base64, hashlib, os, sys

async def answer(reader, writer):
    while head := await reader.readuntil(b"\\r\\n\\r\\n"):
        fields = dict(line.split(": ", 1) for line in head.decode().lower().splitlines()[1:] if line)
        key = next((l.split(b": ", 1)[1] for l in head.splitlines() if l.lower().startswith(b"sec-websocket-key")), b"")
        if key:
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            writer.write(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                         b"Sec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
            while data := await reader.read(100):
                writer.write(data)
            return
        body = f"{sys.argv[1]} {os.getpid()}".encode()
        head = b"HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: %d\\r\\n\\r\\n"
        writer.write(head % len(body) + body)

async def main():
    async def serve(reader, writer):
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
    async with await asyncio.start_server(serve, "127.0.0.1", int(os.environ["PORT"])) as server:
        await server.serve_forever()

asyncio.run(main())
"""


def repository_of(folder: Path, name: str, more: str = "") -> Path:
    """Return a new repository whose one service answers at NAME.localhost with its name and process id."""
    root = folder / name
    root.mkdir()
    (root / "server.py").write_text(SERVER)
    command = f'["{sys.executable}", "server.py", "{name}"]'
    (root / "devserve.toml").write_text(f"[services.{name}]\ncommand = {command}\n{more}")
    return root


@dataclass
class Town:
    """Repositories side by side, and the ports that they share."""

    home: Home
    folder: Path
    closing: ExitStack
    https_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)

    def start(self, name: str, *arguments: str) -> Running:
        """Start the devserve of a repository, made if need be; wait until its service is ready."""
        devserve = self.begin(name, *arguments)
        devserve.wait_ready(name)
        return devserve

    def begin(self, name: str, *arguments: str, allow: bool = True) -> Running:
        """Start the devserve of a repository, made if need be; what it runs is allowed if nothing else is said."""
        root = self.folder / name
        if not root.exists():
            repository_of(self.folder, name)
        ports = ("--https-port", str(self.https_port), "--http-port", str(self.http_port))
        devserve = Running(self.home, (*ports, *arguments), root, allow=allow)
        self.closing.callback(devserve.end)
        return devserve

    def ca(self) -> Path:
        """Return a file with the CA's public certificate."""
        return export_ca(self.home, self.folder)

    def ask(self, name: str, path: str = "/", **fields: str) -> Answer:
        """Return the answer at https://NAME.localhost."""
        return ask(f"https://{name}.localhost:{self.https_port}{path}", self.ca(), **fields)

    def ask_plainly(self, name: str, path: str = "/", **fields: str) -> Answer:
        """Return the answer at http://NAME.localhost."""
        return ask(f"http://{name}.localhost:{self.http_port}{path}", **fields)


@contextmanager
def town_in(home: Home, folder: Path) -> Iterator[Town]:
    """Have a town for as long as the block lasts; whatever still runs in it is ended."""
    with ExitStack() as closing:
        yield Town(home, folder, closing)


@dataclass
class Load:
    """Requests at a steady rate, each on a connection of its own: what came of them."""

    port: int
    names: tuple[str, ...]
    per_second: int = 200
    good: int = 0
    slowest: float = 0.0  # seconds
    failures: list[str] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Ask for so many seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        asking: set[asyncio.Task[None]] = set()
        for number in range(int(seconds * self.per_second)):
            await asyncio.sleep(max(0.0, began + number / self.per_second - loop.time()))
            task = loop.create_task(self._ask(self.names[number % len(self.names)]))
            asking.add(task)
            task.add_done_callback(asking.discard)
        await asyncio.gather(*asking)

    async def _ask(self, name: str) -> None:
        began = perf_counter()
        try:
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(
                    f"GET / HTTP/1.1\r\nHost: {name}.localhost:{self.port}\r\nConnection: close\r\n\r\n".encode()
                )
                answer = await reader.read()
                writer.close()
        except (OSError, TimeoutError) as error:
            self.failures.append(f"{name}: {error!r}")
            return
        self.slowest = max(self.slowest, perf_counter() - began)
        if answer.startswith(b"HTTP/1.1 200 ") and f"\r\n\r\n{name} ".encode() in answer:
            self.good += 1
        else:
            self.failures.append(f"{name}: {answer[:200]!r}")
