"""What a repository may run: the question before it first runs, and `devserve allow`, which answers it beforehand."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from devserve.cli.terminal import Terminal
from devserve.config.allowance import Allowance, difference, visible
from devserve.config.values import Project
from devserve.errors import UsageError
from devserve.io import state
from devserve.io.config import allowed, projects

STYLES = {"-": "red", "+": "green", "@": "dim"}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--revoke", is_flag=True, help="Take it back: ask again before the next run.")
@click.pass_context
def allow(context: click.Context, paths: Sequence[Path], yes: bool, revoke: bool) -> None:
    """Let the commands, tasks and plugin files of the repository in each PATH run, after a look at them.

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


def require(found: Sequence[Project], terminal: Terminal, *, yes: bool) -> None:
    """Return once all that the projects would run may run; ask for what may not yet, if somebody is there to ask.

    Raises:
        UsageError: the answer is no, or nobody can be asked.
    """
    while waiting := [project for project in found if not allowed.is_allowed(project)]:
        # Looked at again afterwards: a plugin file may have changed during the question.
        wanted = [allowed.wanted(project) for project in waiting]
        for each in wanted:
            show(each, allowed.read(state.place(), each.file), terminal)
        if not yes:
            ask(waiting)
        for each in wanted:
            allowed.record(state.home(), each)


def refusal(found: Sequence[Project], *, yes: bool) -> str:
    """Return why what is saved while it runs may not run, or "". With `yes` it may, and that is recorded."""
    waiting = [project for project in found if not allowed.is_allowed(project)]
    if not waiting:
        return ""
    if not yes:
        return f"what this would run has changed and is not allowed yet; look at it with: {command_for(waiting)}"
    for project in waiting:
        allowed.record(state.home(), allowed.wanted(project))
    return ""


def ask(waiting: Sequence[Project]) -> None:
    """Return when a person says that the projects may run what was shown. Raises UsageError for anything else."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"this is not allowed to run yet, and nobody can be asked here; run: {command_for(waiting)}")
    if not click.confirm("May it run?", default=False, err=True):
        raise UsageError(f"nothing was run, for it is not allowed; to allow it later, run: {command_for(waiting)}")


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
    return visible(shlex.join(("devserve", "allow", *(str(project.root) for project in waiting))))


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
