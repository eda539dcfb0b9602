"""Process groups: whether one still has living members, and how it is made to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from signal import Signals

import psutil

FIRST_PAUSE = 0.005  # seconds; the kernel tells nobody when a group becomes empty, so it is looked at
LONGEST_PAUSE = 0.1


def members(group: int) -> Iterator[psutil.Process]:
    """Yield the living processes of a group. A zombie is none: it waits for a parent that may never look at it."""
    for pid in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):  # it ended meanwhile
            if os.getpgid(pid) == group and _lives(process := psutil.Process(pid)):
                yield process


def _lives(process: psutil.Process) -> bool:
    """Tell whether a process runs or ends still: of one that ends, its first thread is a zombie before the others.

    Until the last of them is gone, all that it has open stays open, the port it listens on among it.
    """
    return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1


def is_alive(group: int) -> bool:
    """Return whether a group has a living process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of zombies, every system of another user's processes
        pass
    return any(True for _ in members(group))


def send(group: int, signal: Signals) -> None:
    """Send a signal to every process of a group that may get it; a group that is gone is left alone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal)


async def emptied(group: int, seconds: float) -> bool:
    """Wait until a group has no living process, at most this long; tell whether it has none."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    pause = FIRST_PAUSE
    while is_alive(group):
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    return True
