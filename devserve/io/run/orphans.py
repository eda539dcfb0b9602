"""The program that ends what a devserve that died has left running. It is started by its path, with `python -I -S`.

Its standard input holds the orders of `devserve.io.run.warden.Warden`, a line each: `+GROUP` and `-GROUP` for a process
group that runs and one that is gone, `close` before an orderly end. The input's end is devserve's, by whatever cause.
Only the standard library, and little of it: this process exists as long as devserve does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

AFTER_KILL = 1.0  # seconds; what the kernel does not end by then, nobody can
SETTLE = 0.3  # seconds; a process being started when devserve died may show its marker only after this long
PAUSE = 0.02
PROCESSES = Path("/proc")  # Linux; elsewhere only the groups are known


def read_orders(lines: Iterable[str]) -> tuple[set[int], bool]:
    """Return the groups that still run when the orders end, and whether the end was an orderly one."""
    groups: set[int] = set()
    orderly = False
    for line in lines:
        order, number = line[:1], line[1:].strip()
        if order == "+":
            groups.add(int(number))
        elif order == "-":
            groups.discard(int(number))
        else:
            orderly = line.strip() == "close"
    return groups, orderly


def marked(marker: str, groups: set[int]) -> set[int]:
    """Return the processes outside the groups whose environment holds the marker (proc_pid_environ(5))."""
    wanted = marker.encode()
    pids = set()
    for entry in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is another user's
            if wanted in (entry / "environ").read_bytes().split(b"\0") and os.getpgid(int(entry.name)) not in groups:
                pids.add(int(entry.name))
    return pids - {os.getpid()}


def living(groups: set[int]) -> set[int]:
    """Return the groups that have a process which is no zombie; a zombie's parent may never look at it."""
    there = {group for group in groups if reach(-group, 0)}
    if not there or not PROCESSES.is_dir():
        return there
    alive = set()
    for entry in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            # proc_pid_stat(5): pid (name) state ppid pgrp …, and the name may hold anything
            state, _, group = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:3]
            if state not in {"Z", "X"}:
                alive.add(int(group))
    return there & alive


def reach(target: int, number: int) -> bool:
    """Send a signal to a process, or to a group when the target is negative (kill(2)); tell whether it was there."""
    try:
        os.kill(target, number)
    except OSError:
        return False
    return True


def end(groups: set[int], marker: str, grace: float, *, orderly: bool) -> None:
    """End the groups, and on Linux whatever left them and is marked: TERM, after the grace KILL, then leave it.

    After a death of devserve a process may still be on its way into the world: it is looked for a little longer.
    """
    began = time.monotonic()
    asked: set[int] = set()
    while True:
        left = {-group for group in living(groups)} | marked(marker, groups)
        elapsed = time.monotonic() - began
        if elapsed > grace + AFTER_KILL or (not left and (orderly or elapsed > SETTLE)):
            return
        for target in left if elapsed > grace else left - asked:
            reach(target, signal.SIGKILL if elapsed > grace else signal.SIGTERM)
        asked |= left
        time.sleep(PAUSE)


def main(marker: str, grace: float) -> None:
    """Wait for devserve's end, then end what is left of it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    groups, orderly = read_orders(sys.stdin)
    end(groups, marker, grace, orderly=orderly)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
