"""What the command line has for plugins: which there are, a beginning for a new one, what they add to it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from devserve.cli.allow import harmless
from devserve.cli.asking import folder, give
from devserve.cli.options import JSON
from devserve.cli.terminal import Terminal
from devserve.config.values import Project
from devserve.doctor.findings import Finding
from devserve.errors import DevserveError, UsageError
from devserve.hub.orders import Answer, Order, Plugged, Verb
from devserve.io import privileges
from devserve.io.config import allowed, projects
from devserve.io.hub.ask import find
from devserve.io.run.notices import within
from devserve.plugins import load
from devserve.plugins.listing import Listed, listed, listed_in, with_counts
from devserve.plugins.template import package_for


@click.group()
def plugins() -> None:
    """Show the plugins that there are, begin a new one."""


@plugins.command("list")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@JSON
@click.pass_context
def list_(context: click.Context, paths: Sequence[Path], as_json: bool) -> None:
    """List the plugins that the services of each PATH see: where they are from, their versions, their hooks.

    Of those that run now: how often each hook was called, and how long that took.

    Without a PATH: the nearest devserve.toml upward; where there is none, the installed plugins.
    """
    terminal: Terminal = context.obj
    here = list(_listed(harmless(_projects(paths), terminal)))
    found = with_counts(here, _running(terminal))
    if as_json:
        click.echo(json.dumps({"plugins": [each.as_data() for each in found]}, indent=2))
    else:
        terminal.plugins(found)


@plugins.command()
@click.argument("name")
@click.pass_context
def new(context: click.Context, name: str) -> None:
    """Write a package for a plugin NAME into a new folder: a hook, its settings, a test, a page, a workflow."""
    terminal: Terminal = context.obj
    seen = load(Project(Path.cwd() / projects.NAME)).plugins
    files = package_for(name, {plugin.name: plugin.package for plugin in seen})
    place = Path.cwd() / f"devserve-{name}"
    projects.write_folder(place, files)
    terminal.note(f"{place.name} has a plugin with its test: {', '.join(files)}.")
    terminal.note(f"Next: cd {place.name} && python -m pip install --editable '.[test]' && python -m pytest")


def commands() -> dict[str, click.Command]:
    """Return the commands that plugins add here, by their names."""
    found = [command for project in _seen_here() for command in load(project).commands(project)]
    return {command.name: command for command in found if command.name}


def findings() -> list[Finding]:
    """Return what plugins find in the nearest devserve.toml upward."""

    async def all_of_them() -> list[Finding]:
        found = [(load(project), project) for project in _seen_here()]
        return [each for hooks, project in found for each in await hooks.doctor(project, within)]

    return asyncio.run(all_of_them())


def _seen_here() -> Sequence[Project]:
    """Return the projects here, without plugin files that are not allowed; none where nothing of a plugin may run."""
    if privileges.are_borrowed(os.environ):  # as root
        return ()
    try:
        found = _projects(())
        return [each if allowed.is_allowed(each) else each.without_files() for each in found]
    except DevserveError:  # whoever reads the configuration says what is wrong with it
        return (Project(Path.cwd() / projects.NAME),)


def _projects(paths: Sequence[Path]) -> Sequence[Project]:
    if paths:
        return projects.read_all(paths)
    try:
        return projects.read_all([projects.here()])
    except UsageError:
        return (Project(Path.cwd() / projects.NAME),)


def _running(terminal: Terminal) -> list[Listed]:
    """Return the plugins of every devserve that runs."""
    found = asyncio.run(find(folder()))
    heard: list[Listed] = []

    def hear(_: int, answer: Answer) -> None:
        if isinstance(answer, Plugged):
            heard.append(listed_in(json.loads(answer.plugin)))

    give(terminal, [(pid, Order(Verb.PLUGINS)) for pid in dict.fromkeys(one.devserve for one in found.known)], hear)
    return heard


def _listed(found: Sequence[Project]) -> Iterator[Listed]:
    for project in found:
        yield from listed(str(project.file), load(project))
