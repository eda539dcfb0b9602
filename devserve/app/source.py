"""Where the services come from: the paths of the command line, read again when one of their files is saved."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devserve import fleet
from devserve.config.values import Project
from devserve.errors import UsageError
from devserve.fleet import Planned
from devserve.io import state
from devserve.io.config import allowed, projects
from devserve.io.run.ports import free_port
from devserve.plugins import Conduct, Hooks

ALLOWED = "devserve allow"  # stands for the record that it writes


def none_needed(_: Sequence[Project]) -> str:
    """Return "": nobody has to allow what projects run."""
    return ""


@dataclass(frozen=True, slots=True)
class Source:
    """The paths, and what of their services is to run."""

    paths: tuple[Path, ...]
    only: tuple[str, ...] = ()
    no_start: bool = False
    sub_name: str = ""  # a label before each host
    conduct: Conduct | None = None  # how plugins are dealt with
    refusal: Callable[[Sequence[Project]], str] = none_needed  # why projects may not run; asked before plugins load

    @property
    def folders(self) -> tuple[Path, ...]:
        """What the paths lead to: the folder of a devserve.toml, or one whose sub-folders have some."""
        found = (path.resolve() for path in self.paths)
        return tuple(dict.fromkeys(path.parent if path.is_file() else path for path in found))

    @property
    def command(self) -> str:
        """The command that runs these services again, from any folder."""
        words = [*(f"--only={name}" for name in self.only), *([f"--sub-name={self.sub_name}"] if self.sub_name else [])]
        return shlex.join(["devserve", "run", *words, *map(str, self.folders)])

    def read(self) -> tuple[Project, ...]:
        """Return the projects, those that they include among them.

        Raises:
            ConfigError: with every mistake in their files.
            UsageError: a path leads to none.
        """
        return projects.read_all(self.paths)

    def with_more(self, others: Iterable[Project]) -> Source:
        """Return the source of these projects too."""
        more = tuple(project.file if project.file.is_file() else project.root for project in others)
        return replace(self, paths=(*self.paths, *more))

    def files(self) -> tuple[Path, ...]:
        """Return every file that counts, there or not: each devserve.toml, what it names, what of it was allowed."""
        found = projects.counting(self.paths)
        return (*found, *(allowed.record_file(state.place(), file) for file in found if file.suffix == ".toml"))

    def shown(self, files: Iterable[Path]) -> str:
        """Return files as people here call them."""
        folder = state.place()
        return ", ".join(
            dict.fromkeys(ALLOWED if file.is_relative_to(folder) else projects.shown_as(file) for file in files)
        )

    def plan(
        self, found: Sequence[Project], before: Sequence[Planned] = (), hooks: Sequence[Hooks] = ()
    ) -> list[Planned]:
        """Return the services that run of these projects, which have these hooks; those that ran `before` keep ports.

        Raises:
            ConfigError: services or plugins exclude each other.
            UsageError: there is nothing to run, or an argument means nothing.
        """
        hooks = hooks or fleet.load(found, conduct=self.conduct)
        planned = fleet.plan(found, self.only, free_port, before, hooks=hooks)
        if not (planned or any(each.discovers for each in hooks)):
            raise UsageError(f"there is no service to run; add a [services.NAME] table to {found[0].file}")
        planned = fleet.served_only(planned) if self.no_start else planned
        return fleet.below(self.sub_name, planned) if self.sub_name else planned

    def again(
        self, before: Sequence[Planned], hooks: Collection[Hooks] = ()
    ) -> tuple[tuple[Project, ...], list[Hooks], list[Planned]]:
        """Return the projects, their hooks and the plan as they are now, after these. Raises as `read` and `plan`."""
        found = self.read()
        if refusal := self.refusal(found):
            raise UsageError(refusal)
        loaded = fleet.load(found, {*hooks, *(each.hooks for each in before)}, self.conduct)
        return found, loaded, self.plan(found, before, loaded)
