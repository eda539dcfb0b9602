"""The folder where each devserve writes down what it started, so that the next one finds what a crash left."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from signal import SIGKILL, SIGTERM

import psutil

from devserve.errors import DevserveError
from devserve.io import state
from devserve.io.run import groups, ports
from devserve.run.survivors import (
    Fate,
    Identity,
    Record,
    ending_command,
    fate,
    named,
    record_in,
    record_text,
    what_survived,
)

MARKER = "DEVSERVE_RUN"  # the variable whose value tells one run from another
ENDING = ".json"
WARDENS = 4.0  # seconds that a warden takes to end what its devserve left
GRACE = 2.0  # seconds from TERM to KILL for a survivor
AFTER_KILL = 1.0
PAUSE = 0.02
BOOT = Path("/proc/sys/kernel/random/boot_id")
LOG = logging.getLogger("devserve")


class Records:
    """Writes a file for each process that runs, and removes it when that has ended."""

    def __init__(self, folder: Path) -> None:
        state.make_folder(folder)
        self._folder = folder
        self._devserve = _certain(os.getpid())

    def __repr__(self) -> str:
        return f"<Records in {self._folder}>"

    def add(self, name: str, pid: int, marker: str, warden: int) -> None:
        """Write down a process of a service. One that has ended already, or a full disk, is no reason to fail."""
        process = identity(pid)
        if process is None:
            return
        record = Record(name, process, marker, self._devserve, _certain(warden))
        try:
            # Not forced to the disk: what runs does not survive the machine's death either.
            state.write_atomic(_file(self._folder, pid), record_text(record).encode(), lasting=False)
        except DevserveError as error:
            LOG.warning("%s", error)

    def remove(self, pid: int) -> None:
        """Forget a process that has ended."""
        _file(self._folder, pid).unlink(missing_ok=True)


def folder_in(home: Path) -> Path:
    """Return the folder of the records."""
    return home / "run"


def settle(folder: Path, ask: Callable[[str], bool] | None) -> None:
    """Name what has survived an earlier devserve, and end it if whoever can be asked agrees.

    `ask` is None where nobody can be: then, and after a no, the command that ends it is said.
    """
    found = find(folder)
    if not found:
        return
    said = what_survived([named(each, ports.listened_on(each.process.pid)) for each in found])
    them = "it" if len(found) == 1 else "them"
    if ask is not None and ask(f"{said}. End {them}?"):
        asyncio.run(_end([each for each in found if _runs(each)]))
    else:
        LOG.warning("%s. End %s with `%s`", said, them, ending_command(found))


def find(folder: Path) -> list[Record]:
    """Return the survivors, sorted by name. A warden that is still at it is waited for; files of what is gone go."""
    deadline = time.monotonic() + WARDENS
    while True:
        fates = [(record, _fate(record)) for record in _records(folder)]
        if time.monotonic() > deadline or not any(each is Fate.ENDING for _, each in fates):
            break
        time.sleep(PAUSE)
    for record in (record for record, each in fates if each is Fate.GONE):
        _file(folder, record.process.pid).unlink(missing_ok=True)
    survivors = [record for record, each in fates if each in {Fate.SURVIVOR, Fate.ENDING}]
    return sorted(survivors, key=lambda record: (record.name, record.process.pid))


def identity(pid: int) -> Identity | None:
    """Return who a living process is; None for a zombie, or when there is no process of this number."""
    try:
        if sys.platform == "linux":
            # The wall clock, which psutil counts from, may have been set meanwhile; these ticks are from the boot on.
            # proc_pid_stat(5): pid (name) state …, the 22nd field is starttime, and the name may hold anything.
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            return None if fields[0] in {"Z", "X"} else Identity(pid, f"{BOOT.read_text().strip()} {fields[19]}")
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else Identity(pid, f"{process.create_time():.3f}")
    except (OSError, psutil.Error):
        return None


def _certain(pid: int) -> Identity:
    return identity(pid) or Identity(pid, "")


def _file(folder: Path, pid: int) -> Path:
    return folder / f"{pid}{ENDING}"


def _records(folder: Path) -> Iterator[Record]:
    for file in folder.glob(f"*{ENDING}"):
        with contextlib.suppress(OSError):  # another devserve has just removed it
            record = record_in(file.read_text(errors="replace"))
            if record is not None:
                yield record


def _fate(record: Record) -> Fate:
    return fate(
        runs=_runs(record),
        devserve_runs=identity(record.devserve.pid) == record.devserve,
        warden_runs=identity(record.warden.pid) == record.warden,
    )


def _runs(record: Record) -> bool:
    """Tell whether the process lives, or what it started and left in its group; a stranger's group has no marker."""
    if identity(record.process.pid) == record.process:
        return True
    return any(_has_marker(member, record.marker) for member in groups.members(record.process.pid))


def _has_marker(process: psutil.Process, marker: str) -> bool:
    try:
        return process.environ().get(MARKER) == marker
    except (psutil.Error, OSError):
        return False


async def _end(survivors: Sequence[Record]) -> None:
    await asyncio.gather(*map(_end_one, survivors))


async def _end_one(survivor: Record) -> None:
    group = survivor.process.pid
    groups.send(group, SIGTERM)
    if not await groups.emptied(group, GRACE):
        groups.send(group, SIGKILL)
        await groups.emptied(group, AFTER_KILL)
    LOG.info("%s (pid %d) is ended", survivor.name, group)
