"""Crash points: the system calls by which a command changes its home, and deaths at each of them, by strace."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.certificates import need
from support.fleet_home import DEVSERVE, Home

CHANGING = ("mkdir", "openat", "write", "fchmod", "fsync", "rename", "unlink")
CALL = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)")
DEATHS = ("signal=KILL", "error=ENOSPC", "error=EIO")
SECONDS = 30


@dataclass(frozen=True)
class Point:
    """The how manyth call of a name, and what it did when nothing was in its way."""

    name: str
    number: int
    line: str


@dataclass(frozen=True)
class Crash:
    """A death at a point."""

    point: Point
    death: str

    def __str__(self) -> str:
        return f"{self.death} at {self.point.line}"


def traced(home: Home, command: Sequence[str], cwd: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a command of devserve under strace, without its children."""
    strace = [need("strace", "strace"), "--seccomp-bpf", "-f", "-b", "execve", "-y", "-qq", "-s", "200", *options]
    return subprocess.run(
        [*strace, DEVSERVE, *command],
        cwd=cwd,
        env={**home.environment, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def points(home: Home, command: Sequence[str], cwd: Path) -> list[Point]:
    """Run a command undisturbed; return the calls that changed something below the home."""
    log = cwd / f"{home.path.name}.log"
    done = traced(home, command, cwd, "-o", str(log), "-e", f"trace={','.join(CHANGING)}")
    assert done.returncode == 0, done.stderr
    seen: Counter[str] = Counter()
    found = []
    for line in log.read_text().splitlines():
        match = CALL.match(line.partition(" ")[2].lstrip())
        if match is None:
            continue
        name, arguments = match["name"], match["arguments"]
        seen[name] += 1
        reads = name == "openat" and "O_CREAT" not in arguments
        speaks = name == "write" and "<pipe:" in arguments.partition(",")[0]
        if str(home.path) in arguments and not reads and not speaks:
            found.append(Point(name, seen[name], f"{name}({arguments}"))
    return found


def die(home: Home, command: Sequence[str], cwd: Path, crash: Crash) -> subprocess.CompletedProcess[str]:
    """Run a command that dies, or whose disk fails, at a point."""
    inject = f"inject={crash.point.name}:{crash.death}:when={crash.point.number}"
    return traced(home, command, cwd, "-o", "/dev/null", "-e", f"trace={crash.point.name}", "-e", inject)
