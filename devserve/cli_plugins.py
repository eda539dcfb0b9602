"""What the command line has for plugins: how strict devserve is with them, which there are, what they do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from devserve import cli_allow
from devserve.config.values import Project
from devserve.errors import UsageError
from devserve.io import projects
from devserve.plugins import load
from devserve.plugins.listing import Listed, listed
from devserve.terminal import Terminal

STRICT = click.option(
    "--strict-plugins", is_flag=True, help="End with an error when a plugin fails, instead of going on."
)
TRACE = click.option("--trace-hooks", is_flag=True, help="Log each call of a plugin's hook, its time and its result.")


@click.group()
def plugins() -> None:
    """Show the plugins that there are."""


@plugins.command("list")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For programs, on stdout.")
@click.pass_context
def list_(context: click.Context, paths: Sequence[Path], as_json: bool) -> None:
    """List the plugins that the services of each PATH see: where they are from, their versions, their hooks.

    Without a PATH: the nearest devserve.toml upward; where there is none, the installed plugins.
    """
    terminal: Terminal = context.obj
    found = list(_listed(cli_allow.harmless(_projects(paths), terminal)))
    if as_json:
        click.echo(json.dumps({"plugins": [each.as_data() for each in found]}, indent=2))
    else:
        terminal.plugins(found)


def _projects(paths: Sequence[Path]) -> Sequence[Project]:
    if paths:
        return projects.read_all(paths)
    try:
        return projects.read_all([projects.here()])
    except UsageError:
        return (Project(Path.cwd() / projects.NAME),)


def _listed(found: Sequence[Project]) -> Iterator[Listed]:
    for project in found:
        yield from listed(str(project.file), load(project))
