"""Ports and limits of this machine, from measured numbers."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from devserve.ca.low_ports import sentence
from devserve.doctor.findings import Finding, Verdict
from devserve.watch import budget

FEW_FILES = 1024
FEW_WATCHES = 8192  # the kernel's old default, which one node_modules exceeds
FULL = 0.9


class PortState(Enum):
    """What came of binding a port for a moment."""

    FREE = auto()
    OURS = auto()  # a running devserve's
    TAKEN = auto()
    FORBIDDEN = auto()


@dataclass(frozen=True, slots=True)
class Watches:
    """inotify's limits for one user, and what all of the user's processes have in use."""

    used: int
    most: int
    instances: int
    most_instances: int


def port(number: int, state: PortState, holder: str, system: str) -> Finding:
    """Return how a port stands. Only https needs its port: without 80, plain http is off."""
    subject, wanted = f"port {number}", number == 443
    match state:
        case PortState.FREE:
            return Finding("ports", subject, Verdict.GOOD, "can be bound", measured="a bind")
        case PortState.OURS:
            return Finding(
                "ports", subject, Verdict.GOOD, "held by a running devserve of yours", measured="a handshake"
            )
        case PortState.FORBIDDEN:
            said = "may not be bound by you; " + ("devserve would take 8443" if wanted else "plain http would be off")
            return Finding(
                "ports", subject, Verdict.BROKEN if wanted else Verdict.NOTE, said, sentence(system), "a bind"
            )
        case PortState.TAKEN:
            flag = "--https-port" if wanted else "--http-port"
            fix = f"End it, or run devserve with another port: {flag} PORT"
            verdict = Verdict.BROKEN if wanted else Verdict.NOTE
            return Finding("ports", subject, verdict, f"taken by {holder or 'another process'}", fix, "a bind")


def files(soft: int, hard: int) -> Finding:
    """Return how the limit of open files stands; each connection takes two."""
    said = f"{soft} files may be open at once"
    if 0 <= soft < FEW_FILES:  # -1: no limit
        wanted = min(hard, 65536) if hard >= 0 else 65536
        return Finding(
            "limits", "open files", Verdict.NOTE, said, f"Run `ulimit -n {wanted}` before devserve", "getrlimit"
        )
    return Finding("limits", "open files", Verdict.GOOD, said if soft >= 0 else "no limit", measured="getrlimit")


def watches(found: Watches) -> Finding:
    """Return how inotify's limits stand: what is not watched is not reloaded."""
    said = f"{found.used} of {found.most} folders watched, {found.instances} of {found.most_instances} instances in use"
    raise_watches = "sudo sysctl -w fs.inotify.max_user_watches=524288"
    raise_instances = "sudo sysctl -w fs.inotify.max_user_instances=1024"
    if found.used >= found.most * FULL:
        return Finding("limits", "file watches", Verdict.BROKEN, said, f"Run `{raise_watches}`", "/proc")
    if found.instances >= found.most_instances * FULL:
        return Finding("limits", "file watches", Verdict.BROKEN, said, f"Run `{raise_instances}`", "/proc")
    if found.most <= FEW_WATCHES:
        return Finding("limits", "file watches", Verdict.NOTE, said, f"Run `{raise_watches}`", "/proc")
    return Finding("limits", "file watches", Verdict.GOOD, said, measured="/proc")


def needed_watches(services: str, folders: Sequence[str], free: int, most: int) -> Finding:
    """Return whether there are enough file watches for services of one root, and which of its folders take most."""
    subject = f"file watches for {services}"
    largest = budget.told(budget.biggest(folders))
    wanted = f"{len(folders)} folder{'' if len(folders) == 1 else 's'}"
    said = f"{wanted} to watch, {free} watches free" + (f"; {largest}" if largest else "")
    if len(folders) > free:
        fix = f"Run `{budget.sysctl(errno.ENOSPC, most)}`, or ignore the largest; without, it is polled"
        return Finding("limits", subject, Verdict.BROKEN, said, fix, "a walk")
    return Finding("limits", subject, Verdict.GOOD, said, measured="a walk")


def silent_files(services: str, root: str, kind: str) -> Finding:
    """Return that the file system of a root does not tell what others change there."""
    said = f"{root} is on {kind}, which does not tell what others change there: it is looked at once a second"
    fix = "Move the repository to a disk of this machine; under WSL2, into Linux's own home folder"
    return Finding("limits", f"file watches for {services}", Verdict.NOTE, said, fix, "/proc")
