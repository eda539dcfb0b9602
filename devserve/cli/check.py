"""The commands about devserve.toml: what is wrong with it, and what it may hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from devserve import fleet
from devserve.app import setup
from devserve.cli.allow import harmless
from devserve.cli.options import STRICT
from devserve.cli.terminal import Terminal
from devserve.config import schema as json_schema
from devserve.io.config import projects
from devserve.io.run.ports import free_port
from devserve.plugins import Conduct


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@STRICT
@click.pass_obj
def check(terminal: Terminal, paths: Sequence[Path], strict_plugins: bool) -> None:
    """Check the configuration. Every mistake is said as file:line:column."""
    found = projects.read_all(paths or [projects.here()])
    planned = fleet.plan(harmless(found, terminal), (), free_port, conduct=Conduct(is_strict=strict_plugins))
    for sentence in setup.warnings(fleet.with_added(found, planned)):
        terminal.note(sentence, "yellow")
    terminal.note(f"{_count(len(found), 'file')} with {_count(len(planned), 'service')}: nothing is wrong", "green")


@click.command()
def schema() -> None:
    """Print the JSON Schema of devserve.toml."""
    click.echo(json.dumps(json_schema.schema(), indent=2))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
