"""`devserve run` as a process of its own, watched from outside: its output, its services, its end."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from support.fleet_home import DEVSERVE, Home

READY = re.compile(r"^(?P<name>\S+)\s+(?P<url>https://\S+)\s+(?P<port>\d+)\s+ready\b", re.MULTILINE)
SECONDS = 15.0
PAUSE = 0.02


@dataclass(frozen=True)
class Row:
    """A line of the table of services."""

    url: str
    port: int


def pause() -> None:
    """Let a moment pass before the next look."""
    threading.Event().wait(PAUSE)


def until(
    condition: Callable[[], object], what: str, seconds: float = SECONDS, between: Callable[[], object] = pause
) -> None:
    """Wait for a condition, or fail and say which."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        between()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def turn_at(port: int) -> Iterator[None]:
    """Have a port that there is only one of to oneself, among tests that run beside each other."""
    with (Path(tempfile.gettempdir()) / f"devserve-tests-{port}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def may_bind(port: int) -> bool:
    """Tell whether a port of this machine is free and ours to bind."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs; one that only waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Running:
    """A `devserve run` in a session of its own, as in a terminal of its own; what it runs is allowed beforehand."""

    def __init__(
        self,
        home: Home,
        arguments: Sequence[str | Path],
        cwd: Path,
        wrapper: Sequence[str] = (),
        stdin: int = subprocess.DEVNULL,
        allow: bool = True,
    ) -> None:
        self.process = subprocess.Popen(
            [*wrapper, DEVSERVE, "run", *(["--yes"] if allow else []), *map(str, arguments)],
            cwd=cwd,
            env=home.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """Everything that was printed so far."""
        return "".join(self._lines)

    @property
    def rows(self) -> dict[str, Row]:
        """The services that the table calls ready."""
        return {found["name"]: Row(found["url"], int(found["port"])) for found in READY.finditer(self.output)}

    def wait_ready(self, *names: str) -> None:
        """Wait until the table calls these services ready."""
        self.wait_for(lambda: set(names) <= set(self.rows), f"{names} ready")

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
        """Wait for a condition while devserve runs."""
        until(lambda: condition() or self.process.poll() is not None, f"{what}\n{self.output}", seconds)
        self._finish_reading()
        assert condition(), f"devserve ended with {self.process.poll()} before: {what}\n{self.output}"

    def children(self) -> list[psutil.Process]:
        """Every process that devserve has started and that still runs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def listener_on(self, port: int) -> int:
        """Return the id of the service process that listens on a port."""
        listening = (
            process.pid
            for process in self.children()
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        )
        return next(listening)

    def interrupt(self) -> None:
        """Press Ctrl-C: every process of the terminal's foreground group gets the signal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait_end(self, seconds: float = SECONDS) -> int:
        """Wait for the end; return the exit status."""
        status = self.process.wait(seconds)
        self._finish_reading()
        return status

    def end(self) -> None:
        """End devserve, if it still runs, and whatever it started."""
        if self.process.poll() is None:
            started = self.children()
            self.process.terminate()
            try:
                self.process.wait(SECONDS)
            finally:
                for process in filter(is_alive, started):
                    process.kill()
                self.process.kill()
                self.process.wait()
        self._finish_reading()
        if self.process.stdout:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line)

    def _finish_reading(self) -> None:
        if self.process.poll() is not None:
            self._reader.join(SECONDS)


@contextmanager
def running(
    home: Home, *arguments: str | Path, cwd: Path, wrapper: Sequence[str] = (), stdin: int = subprocess.DEVNULL
) -> Iterator[Running]:
    """Run devserve for as long as the block lasts."""
    devserve = Running(home, arguments, cwd, wrapper, stdin)
    try:
        yield devserve
    finally:
        devserve.end()
