"""Two hundred requests a second through ten restarts: not one fails."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from support.fleet_home import ROOT, new_home, repository
from support.fleet_running import free_port, running

RATE = 200  # requests a second
RESTARTS = 10
SECONDS = 50.0
PATIENCE = 20.0  # for one answer
PROCESS = re.compile(rb"Process (\d+) answers")
EXAMPLE = ROOT / "examples" / "socket"
# Listens on its port by itself, and ends at once when it is told to, whatever it is about to answer.
PLAIN = """
[services.socket]
command = "python3 server.py"

[[services.socket.watch]]
paths = ["*.py"]
then = "restart"
"""
PLAIN_SERVER = """
import os
import sys
from http.server import ThreadingHTTPServer

sys.path.insert(0, "example")
from server_of_example import Page

ThreadingHTTPServer.request_queue_size = 128  # by default 5, which drops connections under this load even in peace
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""


def plain(folder: Path) -> Path:
    root = repository(folder, PLAIN)
    (root / "server.py").write_text(PLAIN_SERVER)
    (root / "example").mkdir()
    shutil.copy(EXAMPLE / "server.py", root / "example" / "server_of_example.py")
    return root


def on_a_socket(folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, folder / "repository"))


class Load:
    """Asks again and again, never waiting for the answers, and counts them."""

    def __init__(self, port: int, host: str) -> None:
        self.answers: Counter[str] = Counter()
        self.processes: list[int] = []
        self._address = port, f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()

    async def press(self) -> None:
        """Ask until cancelled; then wait for what was asked."""
        loop, asking = asyncio.get_running_loop(), set[asyncio.Task[None]]()
        due = loop.time()
        try:
            while True:
                task = loop.create_task(self._ask())
                asking.add(task)
                task.add_done_callback(asking.discard)
                due += 1 / RATE
                await asyncio.sleep(max(0.0, due - loop.time()))
        finally:
            await asyncio.gather(*asking)

    async def _ask(self) -> None:
        port, request = self._address
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request)
                answer = await reader.read()
                writer.close()
        except OSError as error:  # TimeoutError is one
            self.answers[repr(error)] += 1
            return
        found = PROCESS.search(answer)
        status = answer[9:15].decode(errors="replace")
        self.answers[f"{status} whole" if found else f"{status} {answer[-200:]!r}"] += 1
        if found and (process := int(found[1])) not in self.processes:
            self.processes.append(process)

    async def until_answered_by(self, processes: int) -> None:
        """Wait until so many processes have answered, one after the other, the last one for a moment."""
        while len(self.processes) < processes:  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.01)
        enough = self.answers.total() + RATE / 2  # sooner, a save may be the restart's own: ten would look like a loop
        while self.answers.total() < enough:  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.01)


async def restarted_under_load(port: int, host: str, save: Callable[[], None]) -> Load:
    """Restart a service ten times by saves, under load."""
    load = Load(port, host)
    pressing = asyncio.get_running_loop().create_task(load.press())
    try:
        async with asyncio.timeout(SECONDS):
            for number in range(1, RESTARTS + 1):
                await load.until_answered_by(number)
                save()
            await load.until_answered_by(RESTARTS + 1)
    finally:
        pressing.cancel()
        await asyncio.wait([pressing])
    return load


def save(file: Path) -> None:
    file.write_text(f"{file.read_text()}#\n")


WAYS = {
    "held by the proxy, to a service that listens by itself": (plain, "proxy"),
    "held by the proxy, to a service on a given socket": (on_a_socket, "proxy"),
    "queued by the kernel, to a service on a given socket": (on_a_socket, "port"),
}


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("make", "door"), WAYS.values(), ids=WAYS)
def test_no_request_fails_while_a_service_restarts(tmp_path: Path, make: Callable[[Path], Path], door: str) -> None:
    home = new_home(tmp_path)
    root, http_port = make(tmp_path), free_port()
    ports = ("--https-port", str(free_port()), "--http-port", str(http_port))
    with running(home, *ports, cwd=root) as devserve:
        devserve.wait_ready("socket")
        port = http_port if door == "proxy" else devserve.rows["socket"].port
        load = asyncio.run(restarted_under_load(port, "socket.localhost", partial(save, root / "server.py")))
    assert list(load.answers) == ["200 OK whole"]
    assert len(load.processes) == RESTARTS + 1
