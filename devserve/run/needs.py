"""What becomes of a need that only a service of another repository meets."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from devserve.config.values import OTHER_REPOSITORY, Project, Service


@dataclass(frozen=True, slots=True)
class Standing:
    """How a service stands that another devserve runs: it answers, or is expected to soon."""

    ready: bool
    coming: bool


# Tells how the service of a repository stands where another devserve runs it; None where none does.
Elsewhere: TypeAlias = Callable[[str, str], Standing | None]


class Way(Enum):
    """How a need is met."""

    USE = "use"  # another devserve runs it
    OFFER = "offer"  # ask whether to start it too
    REMOTE = "remote"  # a service that leads to a shared environment answers
    TELL = "tell"  # say what starts it
    SEEK = "seek"  # say that it is not on this machine


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a need: how it stands elsewhere, where its repository lies, which service leads to a remote."""

    standing: Standing | None = None
    checkout: Path | None = None
    remote: Service | None = None


def way(known: Known, *, may_ask: bool) -> Way:
    """Return how a need is met. `may_ask` says that there is a person who has not said no yet."""
    if known.standing is not None:
        return Way.USE
    if known.checkout is not None and may_ask:
        return Way.OFFER
    if known.remote is not None:
        return Way.REMOTE
    return Way.SEEK if known.checkout is None else Way.TELL


def parted(need: str) -> tuple[str, str]:
    """Return the repository and the service of a need."""
    repository, _, name = need.rpartition(OTHER_REPOSITORY)
    return repository, name


def remote_for(need: str, project: Project) -> Service | None:
    """Return the service of a project that leads to a remote in a need's place: called as the service or repository."""
    repository, name = parted(need)
    names = (name, Path(repository).name)
    return next((each for each in project.services if each.is_remote and each.name in names), None)


def question(asking: str, need: str, checkout: Path) -> str:
    """Return what a person is asked about a checkout."""
    return f"{asking} needs {need}, which nobody runs. Start it too, from {checkout}?"


def sentence(asking: str, need: str, known: Known, chosen: Way) -> str:
    """Return what a person is told; empty when there is nothing to tell."""
    repository, name = parted(need)
    if chosen is Way.REMOTE and known.remote is not None:
        return f"{asking} needs {need}, which nobody runs: {known.remote.upstream} answers for it."
    if chosen is Way.TELL:
        start = f"devserve run {shlex.quote(str(known.checkout))}"
        return f"{asking} needs {need}, which nobody runs; start it with: {start}"
    if chosen is Way.SEEK:
        return (
            f"{asking} needs {need}, which nobody runs, and {repository} is not beside this repository; clone it, "
            f'or write [services.{name}] with an upstream such as "https://{name}.staging.example.com"'
        )
    return ""
