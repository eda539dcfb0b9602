"""What a repository may run: the question before it first runs, and `devserve allow`, which answers it beforehand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from devserve.cli.options import YES
from devserve.cli.terminal import Terminal
from devserve.config.allowance import Allowance, allow_command, difference, visible
from devserve.config.values import Project
from devserve.errors import UsageError
from devserve.io import state
from devserve.io.config import allowed, projects

STYLES = {"-": "red", "+": "green", "@": "dim"}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@YES
@click.option("--revoke", is_flag=True, help="Take it back: ask again before the next run.")
@click.pass_context
def allow(context: click.Context, paths: Sequence[Path], yes: bool, revoke: bool) -> None:
    """Let each PATH's repository run what it declares, after a look.

    What is shown, and may run from then on, are its commands, tasks and plugin files.

    Without a PATH: the nearest devserve.toml upward. What it includes is asked for, too.
    """
    terminal: Terminal = context.obj
    found = projects.read_all(paths or [projects.here()])
    if revoke:
        for project in found:
            allowed.revoke(state.place(), project.file)
    else:
        require(found, terminal, yes=yes)
    for project in found:
        terminal.note(f"{visible(str(project.root))} {'will be asked about' if revoke else 'is allowed'}", "green")


def require(found: Sequence[Project], terminal: Terminal, *, yes: bool, all_of_them: bool = True) -> None:
    """Return once all that the projects would run may run; ask for what may not yet, if somebody is there to ask.

    Raises:
        UsageError: the answer is no, or nobody can be asked. Unless `all_of_them` must, one that may is enough.
    """
    declined: list[Project] = []
    somebody = sys.stdin.isatty() and sys.stderr.isatty()
    while waiting := [each for each in found if each not in declined and not allowed.is_allowed(each)]:
        # Looked at again afterwards: a plugin file may have changed during the question.
        for project in waiting:
            wanted = allowed.wanted(project)
            show(wanted, allowed.read(state.place(), wanted.file), terminal)
            if yes or (somebody and click.confirm("May it run?", default=False, err=True)):
                allowed.record(state.home(), wanted)
            else:
                declined.append(project)
    others = [each for each in found if each not in declined]
    if declined and (all_of_them or not any(each.services or allowed.wanted(each) for each in others)):
        command = command_for(declined)
        if not somebody:
            raise UsageError(f"this is not allowed to run yet, and nobody can be asked here; run: {command}")
        raise UsageError(f"nothing was run, for it is not allowed; to allow it later, run: {command}")


def waiting(found: Sequence[Project], *, yes: bool) -> Sequence[Allowance]:
    """Return what the projects would run that may not run. With `yes` it may, and that is recorded."""
    wanted = [allowed.wanted(project) for project in found if not allowed.is_allowed(project)]
    if not yes:
        return wanted
    for each in wanted:
        allowed.record(state.home(), each)
    return ()


def show(now: Allowance, before: Allowance | None, terminal: Terminal) -> None:
    """Print what a repository would run, or how that differs from what it was allowed."""
    root = visible(str(now.file.parent))
    if before is None:
        terminal.note(f"{root} would run this:", "bold")
        for line in now.lines:
            terminal.note(f"  {line}")
        return
    terminal.note(f"{root} would run something else than what was allowed:", "bold")
    for line in difference(before, now):
        terminal.note(f"  {line}", STYLES.get(line[:1], ""))


def command_for(waiting: Sequence[Project]) -> str:
    """Return the command that allows what the projects would run."""
    return allow_command(project.root for project in waiting)


def harmless(found: Sequence[Project], terminal: Terminal) -> tuple[Project, ...]:
    """Return the projects to be looked at only: without the plugin files that may not run, which is said."""
    return tuple(_without_plugins(project, terminal) if _is_held_back(project) else project for project in found)


def _is_held_back(project: Project) -> bool:
    return bool(project.plugins) and not allowed.is_allowed(project)


def _without_plugins(project: Project, terminal: Terminal) -> Project:
    names = ", ".join(projects.shown_as(path) for path in project.plugins)
    said = f"{names}: not allowed to run yet, and left out here; to allow it, run: {command_for([project])}"
    terminal.note(said, "yellow")
    return project.without_files()
