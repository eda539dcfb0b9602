"""The commands that give other programs what they need: trust in the authority, and services' URLs."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from devserve.app import setup
from devserve.ca.authority import Authority
from devserve.ca.environment import Form, render
from devserve.cli.here import configured_here
from devserve.cli.options import HTTPS_PORT
from devserve.cli.terminal import Terminal
from devserve.config.values import Service
from devserve.errors import UsageError

COMPOSE = "compose"  # a form of `env` that holds more than variables


@click.command()
@click.option("--format", "form", type=click.Choice([*(each.value for each in Form), COMPOSE]), default=Form.SH.value)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@HTTPS_PORT
@click.pass_obj
def env(terminal: Terminal, form: str, as_json: bool, https_port: int) -> None:
    """Print variables: trust for other programs, and services' URLs."""
    authority, services = _served_here(terminal)
    if form == COMPOSE and not as_json:
        click.echo(setup.compose_for(authority, services, https_port), nl=False)
        return
    variables = setup.variables_for(authority, services, https_port)
    click.echo(render(variables, Form.JSON if as_json else Form(form)), nl=False)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@HTTPS_PORT
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def exec(terminal: Terminal, https_port: int, command: Sequence[str]) -> None:  # noqa: A001  # the contract's name
    """Run a command with the variables of `devserve env`. Such as: devserve exec -- npm test."""
    environment = {**os.environ, **setup.variables_for(*_served_here(terminal), https_port)}
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606  # that is what the user asks for
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be run: {error.strerror}; check its name and PATH") from error


def _served_here(terminal: Terminal) -> tuple[Authority, Sequence[Service]]:
    """Return the authority, and the services of the nearest devserve.toml, none where there is none."""
    here, services = configured_here(terminal)
    return setup.authority_for(here), services
