"""Programs that run for a while: started on their core, waited for, measured from outside, ended."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.machine import pin

START_SECONDS = 120  # a thousand certificates have to be made and read
END_SECONDS = 15
PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Launch:
    """How a program is started."""

    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class Running:
    """A program of ours and all that it has started."""

    def __init__(self, name: str, launch: Launch, cores: Set[int]) -> None:
        self.name = name
        self.log = launch.folder / "output.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                launch.argv,
                cwd=launch.folder,
                env={**os.environ, **launch.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: pin(0, cores),
            )

    @property
    def pid(self) -> int:
        """The process id of the program itself."""
        return self._process.pid

    def wait_answers(self, port: int, host: str = "") -> None:
        """Wait until a request is answered with 200; with a host, over TLS and by that name."""
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port, host):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not answer {host}:{port}:\n{self.log.read_text()[-2000:]}")
            time.sleep(PAUSE)

    def end(self) -> None:
        """End it; whoever does not listen is killed."""
        family = self._family()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self._process.wait()

    def processor_seconds(self) -> float:
        """Return the processor time that it has used."""
        return sum(sum(each.cpu_times()[:2]) for each in self._family())

    def resident(self) -> float:
        """Return its resident memory in MiB."""
        return sum(each.memory_info().rss for each in self._family()) / 2**20

    def forget_peak(self) -> None:
        """Begin to measure the peak of its memory anew (Linux)."""
        for each in self._family():
            with contextlib.suppress(OSError):
                Path(f"/proc/{each.pid}/clear_refs").write_text("5")

    def peak(self) -> float:
        """Return the peak of its resident memory in MiB, or what it is now where the system does not tell."""
        return sum(_peak(each) for each in self._family()) / 2**20

    def _family(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        return []


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def untrusting() -> ssl.SSLContext:
    """Return a client's context that takes any certificate, as wrk does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _answers(port: int, host: str) -> bool:
    request = f"GET / HTTP/1.1\r\nHost: {host or 'localhost'}\r\nConnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            connection = untrusting().wrap_socket(plain, server_hostname=host) if host else plain
            connection.sendall(request)
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _peak(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)
