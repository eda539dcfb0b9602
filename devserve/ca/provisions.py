"""One thing that setup provides on this machine, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from devserve.ca.steps import Step


class Kind(StrEnum):
    """What is provided; the ledger's word for it."""

    AUTHORITY = "authority"
    LINUX_SYSTEM = "linux-system"
    MACOS = "macos"
    WINDOWS = "windows"
    CHROMIUM = "chromium"
    FIREFOX = "firefox"
    JAVA = "java"
    LOW_PORTS = "low-ports"
    HOSTS = "hosts"
    REDIRECT = "redirect"
    SYSTEMD = "systemd-socket"
    LAUNCHD = "launchd"


@dataclass(frozen=True, slots=True)
class Provision:
    """How one thing is made, seen and undone. Most are a root certificate in a trust store.

    `look_up` succeeds and its output contains `evidence` where the thing is there; when its first step fails, nobody
    knows. `verify` succeeds where it also works. `files` are wholly ours.
    """

    kind: Kind
    title: str
    place: Path
    sha256: str
    evidence: str
    install: tuple[Step, ...] = ()
    look_up: tuple[Step, ...] = ()
    verify: tuple[Step, ...] = ()
    remove: tuple[Step, ...] = ()
    files: tuple[Path, ...] = ()
    made: tuple[Path, ...] = ()  # folders that the installation makes because they are not there
    obstacle: str = ""  # why it cannot be provided
    fix: str = ""  # the command that clears the obstacle
    wanted: bool = True  # False: with this obstacle, nothing here would use it
    hint: str = ""  # what the user does afterwards
    caution: str = ""  # what the user should know while it is there

    def is_shown_by(self, output: str) -> bool:
        """True when a look-up's output contains the evidence, however its lines are broken."""
        return "".join(self.evidence.split()) in "".join(output.split())


class State(StrEnum):
    """What came of a provision."""

    DONE = "done"
    ALREADY = "already there"
    MISSING = "missing"  # looked up, and not there
    ABSENT = "not on this machine"
    PLANNED = "planned"
    DECLINED = "declined"
    REMOVED = "removed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one provision: the state, the reason and the fix."""

    kind: Kind
    title: str
    place: Path
    state: State
    reason: str = ""
    fix: str = ""

    @property
    def ok(self) -> bool:
        """False when something should be there, or gone, and is not."""
        return self.state not in {State.FAILED, State.MISSING}

    def __str__(self) -> str:
        said = f"{self.title} ({self.place}): {self.state}"
        return ". ".join(part.rstrip(".") for part in (said, self.reason, self.fix) if part)


def outcome(provision: Provision, state: State, reason: str = "", fix: str = "") -> Outcome:
    """Return a provision's outcome."""
    return Outcome(provision.kind, provision.title, provision.place, state, reason, fix)
