"""The machine that is measured on, and which of its cores serves whom."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cores:
    """The proxy's core and everybody else's; both empty where processes cannot be pinned."""

    proxy: Set[int]
    load: Set[int]

    def __str__(self) -> str:
        if not self.proxy:
            return "not pinned: this system cannot, or has one core"
        return (
            f"proxy on core {min(self.proxy)}; load generator and upstream on {', '.join(map(str, sorted(self.load)))}"
        )


def cores() -> Cores:
    """Return who gets which core."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(frozenset(), frozenset())
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        return Cores(frozenset(), frozenset())
    return Cores(frozenset(available[:1]), frozenset(available[1:]))


def pin(process: int, to: Set[int]) -> None:
    """Bind a process (0: this one, with all that it starts) to cores; to none: leave it."""
    if to:
        os.sched_setaffinity(process, to)


def allow_many_files() -> None:
    """Let this process and all that it starts open as many files as the system lets it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def description() -> str:
    """Return the machine in one line."""
    return f"{os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.release()} ({platform.machine()})"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or "an unknown processor"
