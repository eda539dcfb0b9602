"""Measures ports, limits, the clock's keeper and browsers' policies, without changing anything."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from devserve.doctor.machine import PortState, Watches

ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
PATIENCE = 5.0
PROC = Path("/proc")
POLICIES = (
    Path("/etc/chromium/policies/managed"),
    Path("/etc/chromium/policies/recommended"),
    Path("/etc/opt/chrome/policies/managed"),
    Path("/etc/opt/chrome/policies/recommended"),
    Path("/etc/opt/edge/policies/managed"),
    Path("/etc/brave/policies/managed"),
)


def port(number: int) -> PortState:
    """Return what comes of binding a port on both loopback addresses; it is free again at once."""
    for family, address in ADDRESSES:
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, number))
        except PermissionError:
            return PortState.FORBIDDEN
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return PortState.TAKEN  # else: no IPv6 here
    return PortState.FREE


def open_files() -> tuple[int, int]:
    """Return how many files may be open: the soft and the hard limit, -1 for none."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def watches(proc: Path = PROC) -> Watches | None:
    """Return inotify's limits and what this user's processes use; None where there is no inotify."""
    limits = proc / "sys/fs/inotify"
    try:
        most = int((limits / "max_user_watches").read_text())
        most_instances = int((limits / "max_user_instances").read_text())
    except (OSError, ValueError):
        return None
    counts = list(_inotify_counts(proc))
    return Watches(sum(counts), most, len(counts), most_instances)


def windows_hosts(proc: Path = PROC, drive: Path = Path("/mnt/c")) -> tuple[Path, bytes] | None:
    """Return the hosts file of Windows and its content, as WSL2 sees them; None elsewhere."""
    place = drive / "Windows/System32/drivers/etc/hosts"
    try:
        if "microsoft" not in (proc / "sys/kernel/osrelease").read_text().lower():
            return None
        return place, place.read_bytes()
    except OSError:
        return None


def clock_keeper() -> str:
    """Return whether a time server keeps the clock, in timedatectl's words; empty where it does not say."""
    return said_by("timedatectl", "show", "--property=NTPSynchronized", "--value")


def said_by(*argv: str) -> str:
    """Return what a command prints; empty when it is not here or fails."""
    if shutil.which(argv[0]) is None:
        return ""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def policy_texts() -> list[str]:
    """Return the texts of the policy files of Chromium and its kin that can be read."""
    texts = []
    for file in (file for folder in POLICIES for file in sorted(folder.glob("*.json"))):
        try:
            texts.append(file.read_text(errors="replace"))
        except OSError:  # what we may not read, the browser may not either
            continue
    return texts


def _inotify_counts(proc: Path) -> Iterator[int]:
    """Yield the number of watches of each inotify descriptor of this user's processes."""
    for process in proc.iterdir():
        try:
            if not process.name.isdigit() or process.stat().st_uid != os.geteuid():
                continue
            for descriptor in (process / "fd").iterdir():
                if str(descriptor.readlink()) == "anon_inode:inotify":
                    yield (process / "fdinfo" / descriptor.name).read_text().count("inotify wd")
        except OSError:  # it ended meanwhile
            continue
