"""`devserve run`: its options, and what is asked and read before anything starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter

import click

from devserve.app import composition
from devserve.app.source import Source
from devserve.cli.allow import require, waiting
from devserve.cli.asking import standing
from devserve.cli.confirm import confirming
from devserve.cli.needs import met
from devserve.cli.options import HTTP_PORT, HTTPS_PORT, STRICT
from devserve.cli.terminal import Terminal
from devserve.io import privileges, state
from devserve.io.config import checkouts, projects
from devserve.io.hub import control
from devserve.io.interrupter import Interrupter
from devserve.io.run import survivors
from devserve.plugins import Conduct
from devserve.proxy import access
from devserve.proxy.access import Access


class Address(click.ParamType[str]):
    """An IP address, as `--bind` takes it."""

    name = "address"

    def convert(self, value: str, parameter: click.Parameter | None, context: click.Context | None) -> str:
        """Return the address; what is none is wrong usage."""
        try:
            return str(ip_address(value))
        except ValueError:
            self.fail(f"{value} is no IP address, such as 127.0.0.1", parameter, context)


def as_text(terminal: Terminal, record: Access) -> None:
    """Show a line for a person."""
    terminal.note(access.text(record), "dim")


def as_json(terminal: Terminal, record: Access) -> None:
    """Print a line for programs, on stdout."""
    terminal.data(access.as_json(record))


ACCESS_LOGS = {"text": as_text, "json": as_json}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@HTTPS_PORT
@HTTP_PORT
@click.option(
    "--bind", multiple=True, default=("127.0.0.1", "::1"), show_default=True, type=Address(), metavar="ADDRESS"
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Run this service and what it needs; others are answered by their fallback. May be repeated.",
)
@click.option(
    "--sub-name", default="", metavar="LABEL", help="Serve LABEL.HOST instead of each HOST: a second checkout."
)
@click.option("--no-start", is_flag=True, help="Serve what something else starts.")
@click.option("--yes", is_flag=True, help="Allow what the repositories would run, without a question.")
@click.option(
    "--access-log",
    type=click.Choice(list(ACCESS_LOGS)),
    is_flag=False,
    flag_value="text",
    help="A line for each exchange; json goes to stdout.",
)
@click.option("--open", "open_", is_flag=True, help="Open the dashboard in a browser.")
@STRICT
@click.option("--trace-hooks", is_flag=True, help="Log each call of a plugin's hook, its time and its result.")
@click.pass_context
def run(
    context: click.Context,
    paths: Sequence[Path],
    https_port: int,
    http_port: int,
    bind: Sequence[str],
    only: Sequence[str],
    sub_name: str,
    no_start: bool,
    yes: bool,
    access_log: str | None,
    open_: bool,
    strict_plugins: bool,
    trace_hooks: bool,
) -> None:
    """Run the services of each PATH and serve them over HTTPS.

    They stand in its devserve.toml. Without a PATH: the nearest devserve.toml upward.
    """
    terminal: Terminal = context.obj
    hear = partial(ACCESS_LOGS[access_log], terminal) if access_log else None
    options = composition.Options(https_port, http_port, bind, open_, hear)
    options = replace(options, conduct=Conduct(perf_counter, trace_hooks, strict_plugins))
    # Under sudo nothing of a repository is read, and none of its plugins runs, before root has been given up.
    is_early = privileges.are_borrowed(os.environ)
    early = composition.early_ports(options) if is_early else partial(composition.open_ports, options)
    source = Source(
        tuple(paths) or (projects.here(),),
        tuple(only),
        no_start,
        sub_name,
        options.conduct,
        partial(waiting, yes=yes),
    )
    named = source.read()
    found = met(named, only, terminal, standing)
    source = source.with_more(project for project in found if project not in named)
    require(found, terminal, yes=yes, all_of_them=False)
    with Interrupter(options.conduct, starting=True):
        planned = source.plan(found)
    here = state.home()
    checkouts.record([project.root for project in found], here)
    options = replace(
        options,
        control=control.folder_in(here),
        records=survivors.folder_in(here),
        ask=confirming(yes=False) if sys.stdin.isatty() else None,
    )
    with terminal.in_background():
        context.exit(composition.run(source.allowed(found), planned, options, early, terminal, source))
