"""How much processor time and memory services take, each with all that it has started."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import monotonic

import psutil


@dataclass(frozen=True, slots=True)
class Use:
    """What a service takes now: the share of one processor (1.0 is all of it) since the last look, and bytes."""

    processor: float
    memory: int


class Usage:
    """Looks when it is asked to; the share of a processor is known from the second look on."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}  # of processor time, by process
        self._at = 0.0

    def __repr__(self) -> str:
        return f"<Usage of {len(self._seconds)} processes>"

    def measure(self, pids: Collection[int]) -> Mapping[int, Use]:
        """Return what these processes and their descendants take. It reads /proc once: call it in a thread."""
        now = monotonic()
        passed = now - self._at
        seconds: dict[int, float] = {}
        found: dict[int, Use] = {}
        for pid, family in _families(pids).items():
            share, memory = 0.0, 0
            for process in family:
                try:
                    with process.oneshot():
                        times, resident = process.cpu_times(), process.memory_info().rss
                except psutil.Error:  # it has ended
                    continue
                spent = seconds[process.pid] = times.user + times.system
                share += max(0.0, spent - self._seconds.get(process.pid, spent))
                memory += resident
            found[pid] = Use(share / passed, memory)
        self._seconds, self._at = seconds, now
        return found


def _families(pids: Collection[int]) -> dict[int, list[psutil.Process]]:
    """Return each process with its descendants; all of them are this process's own."""
    processes = {process.pid: process for process in psutil.Process().children(recursive=True)}
    children: dict[int, list[psutil.Process]] = {}
    for process in processes.values():
        try:
            children.setdefault(process.ppid(), []).append(process)
        except psutil.Error:
            continue
    families: dict[int, list[psutil.Process]] = {}
    for pid in pids:
        family = [processes[pid]] if pid in processes else []
        for process in family:  # it grows while it is gone through
            family += [child for child in children.get(process.pid, ()) if child not in family]
        families[pid] = family
    return families
