"""The hosts file survives a kill, a full disk and a failing one at each system call that changes or reads something."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from devserve.ca.hosts_block import with_names, without_names
from devserve.io.ca import hosts_file
from devserve.io.ca.hosts_file import BACKUP
from support.certificates import need
from support.hosts import USUAL, editor

CALLS = ("openat", "write", "pwrite64", "fsync", "ftruncate", "rename", "fchmod", "fchown", "fsetxattr", "unlink")
CALL = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)")
OF_THE_INTERPRETER = re.compile(r'"[^"]*\.(?:py|pyc|so)"')
DEATHS = ("signal=KILL", "error=ENOSPC", "error=EIO")
AT_ONCE = 2
NAMES = ("api.shop.test", "web.shop.test")
MADE = with_names(USUAL, NAMES)
LATER = MADE + b"10.0.0.7 later\n"  # so that removal has to move bytes


@dataclass(frozen=True)
class Edit:
    """What is done to which file, and what must come out."""

    names: tuple[str, ...]
    before: bytes
    backup: bytes | None
    after: bytes
    in_place: bool  # a file with a second name is written over, as one in a bind mount is

    def stage(self, folder: Path) -> Path:
        """Return the file in a new folder, as it is before the edit."""
        folder.mkdir()
        hosts = folder / "hosts"
        hosts.write_bytes(self.before)
        if self.backup is not None:
            hosts.with_name(f"hosts{BACKUP}").write_bytes(self.backup)
        if self.in_place:
            (folder / "second").hardlink_to(hosts)
        return hosts

    def run(self, hosts: Path, *options: str) -> None:
        """Edit in a process of its own that strace watches."""
        subprocess.run(
            ["strace", "--seccomp-bpf", "-f", "-qq", *options, *editor(hosts, *self.names)],
            check=False,
            capture_output=True,
            timeout=30,
        )

    def finish(self, hosts: Path) -> None:
        """Edit again, undisturbed."""
        if self.names:
            hosts_file.add(hosts, self.names)
        else:
            hosts_file.remove(hosts)


def points(log: str) -> list[tuple[str, int]]:
    """Return each call after the lock: its name, and the how manyth of this name it is."""
    seen: Counter[str] = Counter()
    found, locked = [], False
    for match in filter(None, (CALL.match(line.partition(" ")[2].lstrip()) for line in log.splitlines())):
        name = match["name"]
        seen[name] += 1
        locked = locked or name == "flock"
        if locked and name != "flock" and not OF_THE_INTERPRETER.search(match["arguments"]):
            found.append((name, seen[name]))
    return found


def complaint(edit: Edit, folder: Path, point: tuple[str, int], death: str) -> str:
    """Return what is wrong after this death at this call, and after the next, undisturbed edit."""
    hosts = edit.stage(folder)
    name, number = point
    edit.run(hosts, "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:{death}:when={number}")
    found = hosts.read_bytes()
    # In place, blank lines at the end may be left over; no other byte differs.
    if found.rstrip(b"\n") not in (edit.before.rstrip(b"\n"), edit.after.rstrip(b"\n")):
        return f"{death} at {point}: damaged: {found!r}"
    edit.finish(hosts)
    unfinished = [file.name for file in folder.iterdir() if file.name.startswith(".")]
    if hosts.read_bytes() != edit.after or unfinished:
        return f"{death} at {point}: not mended: {hosts.read_bytes()!r}, {unfinished}"
    return ""


@pytest.mark.parametrize("in_place", [False, True], ids=["replaced", "in place"])
@pytest.mark.parametrize(
    ("names", "before", "backup", "after"),
    [(NAMES, USUAL, None, MADE), ((), LATER, USUAL, without_names(LATER))],
    ids=["add", "remove"],
)
def test_at_each_call_the_file_is_the_old_or_the_new_one(
    tmp_path: Path, names: tuple[str, ...], before: bytes, backup: bytes | None, after: bytes, in_place: bool
) -> None:
    need("strace", "strace")
    edit = Edit(names, before, backup, after, in_place)
    hosts, log = edit.stage(tmp_path / "undisturbed"), tmp_path / "log"
    edit.run(hosts, "-o", str(log), "-e", "trace=flock," + ",".join(CALLS))
    assert hosts.read_bytes() == after
    calls = points(log.read_text())
    assert len(calls) > 10
    # The way out of a failed call is the same for both edits: trying it once is enough.
    deaths = [(point, death) for point in calls for death in (DEATHS if names else DEATHS[:1])]
    with ThreadPoolExecutor(AT_ONCE) as workers:
        found = workers.map(lambda each: complaint(edit, tmp_path / str(each[0]), *each[1]), enumerate(deaths))
        assert [each for each in found if each] == []
