"""Where the services come from: the paths of the command line, read again when one of their files is saved."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devserve import fleet
from devserve.config.allowance import Allowance, allow_command
from devserve.config.values import Project
from devserve.errors import NotAllowedError, UsageError
from devserve.fleet import Planned
from devserve.io import state
from devserve.io.config import allowed, projects
from devserve.io.run.ports import free_port
from devserve.plugins import Conduct, Hooks

ALLOWED = "devserve allow"  # stands for the record that it writes


def nothing_waits(_: Sequence[Project]) -> Sequence[Allowance]:
    """Return (): nobody has to allow what projects run."""
    return ()


@dataclass(frozen=True, slots=True)
class Source:
    """The paths, and what of their services is to run."""

    paths: tuple[Path, ...]
    only: tuple[str, ...] = ()
    no_start: bool = False
    sub_name: str = ""  # a label before each host
    conduct: Conduct | None = None  # how plugins are dealt with
    waiting: Callable[[Sequence[Project]], Sequence[Allowance]] = nothing_waits  # what of them may not run

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

    def plan(self, found: Sequence[Project], before: Sequence[Planned] = ()) -> list[Planned]:
        """Return the services that run of these projects; those that ran `before` keep their ports.

        Those of a project that may not run are held; its plugin files are not loaded.

        Raises:
            ConfigError: services or plugins exclude each other.
            NotAllowedError: what ran before may not run as it is now.
            UsageError: there is nothing to run, or an argument means nothing.
        """
        return self._loaded(found, before, ())[1]

    def allowed(self, found: Sequence[Project]) -> tuple[Project, ...]:
        """Return the projects that may run."""
        held = {each.file for each in self.waiting(found)}
        return tuple(project for project in found if project.file not in held)

    def again(
        self, before: Sequence[Planned], hooks: Collection[Hooks] = ()
    ) -> tuple[tuple[Project, ...], list[Hooks], list[Planned]]:
        """Return the projects that may run, the hooks of all and the plan, as they are now, after these.

        Raises as `read` and `plan`.
        """
        found = self.read()
        loaded, planned = self._loaded(found, before, {*hooks, *(each.hooks for each in before)})
        return self.allowed(found), loaded, planned

    def _loaded(
        self, found: Sequence[Project], before: Sequence[Planned], hooks: Collection[Hooks]
    ) -> tuple[list[Hooks], list[Planned]]:
        held = {each.file: each.lines for each in self.waiting(found)}
        running = {each.service.root for each in before if not each.service.would_run}
        if changed := [file for file in held if file.parent in running]:
            command = allow_command([file.parent for file in changed])
            said = f"what this would run has changed and is not allowed yet; look at it with: {command}"
            raise NotAllowedError(said, *changed)
        loaded = fleet.load(fleet.held_back(found, held), hooks, self.conduct)
        planned = fleet.plan(found, self.only, free_port, before, hooks=loaded, held=held)
        if not (planned or any(each.discovers for each in loaded)):
            raise UsageError(f"there is no service to run; add a [services.NAME] table to {found[0].file}")
        planned = fleet.served_only(planned) if self.no_start else planned
        return loaded, fleet.below(self.sub_name, planned) if self.sub_name else planned
