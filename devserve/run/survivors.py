"""Processes that outlive their devserve: what is written down of each, which are survivors, what is said of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum

IDENTITIES = ("process", "devserve", "warden")


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, told apart from all others that have or had its number."""

    pid: int
    started: str  # by the system's own count; equal for one start only


@dataclass(frozen=True, slots=True)
class Record:
    """What a devserve wrote down about a process that it started."""

    name: str  # the service's
    process: Identity  # the leader of its group
    marker: str  # in the environment of all that it starts
    devserve: Identity
    warden: Identity


class Fate(Enum):
    """What became of a recorded process and its group."""

    GONE = "gone"
    KEPT = "kept"  # its devserve runs
    ENDING = "ending"  # its devserve is dead, and the warden is at it
    SURVIVOR = "survivor"


def fate(*, runs: bool, devserve_runs: bool, warden_runs: bool) -> Fate:
    """Return what became of a process, from who of the three still runs."""
    if not runs:
        return Fate.GONE
    if devserve_runs:
        return Fate.KEPT
    return Fate.ENDING if warden_runs else Fate.SURVIVOR


def record_text(record: Record) -> str:
    """Return a record as text."""
    return json.dumps(asdict(record))


def record_in(text: str) -> Record | None:
    """Return the record of a text; None when another version, or nobody, wrote it."""
    try:
        said = json.loads(text)
        identities = [Identity(int(said[key]["pid"]), str(said[key]["started"])) for key in IDENTITIES]
        process, devserve, warden = identities
        return Record(str(said["name"]), process, str(said["marker"]), devserve, warden)
    except (ValueError, TypeError, KeyError):
        return None


def named(record: Record, ports: Sequence[int]) -> str:
    """Return a survivor with what its user may know it by."""
    on = f", on port {' and '.join(map(str, ports))}" if ports else ""
    return f"{record.name} (pid {record.process.pid}{on})"


def what_survived(names: Sequence[str]) -> str:
    """Return the sentence about survivors, without its end."""
    run, them = ("runs", "it") if len(names) == 1 else ("run", "them")
    return f"{', '.join(names)} still {run}: the devserve that started {them} was killed"


def ending_command(records: Sequence[Record]) -> str:
    """Return the command that ends survivors, each with its group (kill(1))."""
    return "kill -- " + " ".join(f"-{record.process.pid}" for record in records)
