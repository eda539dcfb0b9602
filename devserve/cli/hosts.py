"""The command about the names in this machine's hosts file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from devserve.ca.hosts_block import names_in, written
from devserve.cli.here import names_of, services_here
from devserve.cli.terminal import Terminal
from devserve.errors import UsageError
from devserve.io.ca import hosts_file


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
    wanted = names or _configured(terminal)
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


def _configured(terminal: Terminal) -> list[str]:
    """Return the names of the services here. Raises UsageError when there are none."""
    names = names_of(services_here(terminal))
    if not names:
        raise UsageError(
            "there is no service here, so no name: add a [services.NAME] table, or name some after `hosts`"
        )
    return names
