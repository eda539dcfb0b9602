"""The commands about this machine: what is wrong with it, and the names in its hosts file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from devserve import fleet
from devserve.app import checkup
from devserve.ca.hosts_block import names_in, written
from devserve.cli.allow import harmless
from devserve.cli.plugins import findings
from devserve.cli.terminal import Terminal
from devserve.config.values import Project, Service
from devserve.doctor.findings import as_json as as_text
from devserve.doctor.findings import exit_status
from devserve.errors import UsageError
from devserve.io import privileges
from devserve.io.ca import hosts_file
from devserve.io.config import projects
from devserve.io.run.ports import free_port


@click.command()
@click.argument("url", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs, on stdout.")
@click.option("--https-port", default=443, show_default=True, type=click.IntRange(1, 65535))
@click.option("--http-port", default=80, show_default=True, type=click.IntRange(0, 65535), help="0: off.")
@click.pass_context
def doctor(context: click.Context, url: str | None, as_json: bool, https_port: int, http_port: int) -> None:
    """Measure what works on this machine; each finding has its fix.

    With a URL: why this page is red. Nothing is changed. Exit status 1 when something is broken.
    """
    services = services_here(context.obj)
    names = names_of(services)
    found = checkup.page(url, names) if url else checkup.whole(names, checkup.Ports(https_port, http_port), services)
    if not url:
        found += findings()
    if as_json:
        click.echo(as_text(found))
    else:
        context.obj.findings(found)
    context.exit(exit_status(found))


@click.command()
@click.argument("names", nargs=-1)
@click.option("--write", "verb", flag_value="write", help="Add NAMES to devserve's lines; needs root.")
@click.option("--remove", "verb", flag_value="remove", help="Take devserve's lines out; needs root.")
@click.option("--check", "verb", flag_value="check", help="Exit with 1 when one of NAMES has no line of devserve's.")
@click.option("--file", type=click.Path(path_type=Path), help="Another hosts file, such as that of Windows.")
@click.pass_context
def hosts(context: click.Context, names: Sequence[str], verb: str | None, file: Path | None) -> None:
    """Print, or change, the hosts file's lines for NAMES.

    Without NAMES: those of the nearest devserve.toml upward. `devserve setup` does all of this by itself.
    """
    terminal: Terminal = context.obj
    path = file or hosts_file.place()
    if verb == "remove":
        removed = hosts_file.remove(path)
        terminal.note(f"{path}: {'without' if removed else 'has no'} lines of devserve's")
        return
    wanted = names or configured(terminal)
    if verb == "write":
        added = hosts_file.add(path, wanted)
        terminal.note(f"{path}: {'written' if added else 'has all of these names already'}")
    elif verb == "check":
        missing = sorted(set(wanted) - names_in(hosts_file.read(path)))
        if missing:
            terminal.note(f"{path}: no line of devserve's for {', '.join(missing)}; run `devserve setup`", "red")
        context.exit(1 if missing else 0)
    else:
        click.echo(written(wanted), nl=False)


def configured(terminal: Terminal) -> list[str]:
    """Return the names of the services here. Raises UsageError when there are none."""
    names = names_here(terminal)
    if not names:
        raise UsageError(
            "there is no service here, so no name: add a [services.NAME] table, or name some after `hosts`"
        )
    return names


def names_here(terminal: Terminal) -> list[str]:
    """Return the names of the services in the nearest devserve.toml upward; none where there is none."""
    return names_of(services_here(terminal))


def services_here(terminal: Terminal) -> Sequence[Service]:
    """Return the services in the nearest devserve.toml upward; none where there is none."""
    return configured_here(terminal)[1]


def configured_here(terminal: Terminal) -> tuple[Sequence[Project], Sequence[Service]]:
    """Return the projects of the nearest devserve.toml upward, with what plugins add, and the services of that."""
    try:
        found = projects.read_all([projects.here()])
    except UsageError:
        return (), ()
    if privileges.are_borrowed(os.environ):  # nothing of a repository runs as root, its plugins neither
        return found, [service for project in found for service in project.services]
    planned = fleet.plan(harmless(found, terminal), (), free_port)
    return fleet.with_added(found, planned), [each.service for each in planned]


def names_of(services: Sequence[Service]) -> list[str]:
    """Return the services' names."""
    return sorted({name for service in services for name in service.names})
