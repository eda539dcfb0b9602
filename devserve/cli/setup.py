"""The one-time part: `devserve setup` and `devserve teardown`."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from devserve.app import machine
from devserve.app import setup as steps
from devserve.ca.catalogue import GROUPS
from devserve.ca.port_ways import EXPLAINED, Way
from devserve.ca.provisions import Outcome, State
from devserve.cli.confirm import confirming
from devserve.cli.here import configured_here, names_of
from devserve.cli.options import YES
from devserve.cli.terminal import Terminal
from devserve.io.ca.root_shell import as_the_user

DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would be done, do nothing.")


@click.command()
@DRY_RUN
@YES
@click.option(
    "--store", "stores", multiple=True, type=click.Choice(list(GROUPS)), help="Only these stores; may be repeated."
)
@click.option(
    "--ports",
    "way",
    type=click.Choice([each.value for each in Way]),
    help=" ".join(f"{way}: {said}." for way, said in EXPLAINED.items()),
)
@click.pass_context
def setup(context: click.Context, dry_run: bool, yes: bool, stores: Sequence[str], way: str | None) -> None:
    """Prepare this machine, once: trust, names and port 443.

    Creates the certificate authority, adds it to the trust stores that are found, leads the services' names here and
    makes port 443 bindable. Each command is shown before it runs.
    """
    terminal: Terminal = context.obj
    kinds = stores or tuple(GROUPS)
    with as_the_user(os.environ) as shell:
        here, services = configured_here(terminal)
        also = () if stores else machine.beside_trust(names_of(services), Way(way) if way else None)
        outcomes = steps.install(
            here, terminal.note, confirming(yes=yes), kinds, dry_run=dry_run, also=also, shell=shell
        )
    context.exit(_told(outcomes, terminal))


@click.command()
@DRY_RUN
@YES
@click.pass_context
def teardown(context: click.Context, dry_run: bool, yes: bool) -> None:
    """Undo exactly what setup did, from its ledger."""
    terminal: Terminal = context.obj
    with as_the_user(os.environ) as shell:
        outcomes = steps.remove(terminal.note, confirming(yes=yes), dry_run=dry_run, shell=shell)
    context.exit(_told(outcomes, terminal))


def _told(outcomes: Sequence[Outcome], terminal: Terminal) -> int:
    """Say what came of each store that is here; return the exit status."""
    for outcome in (outcome for outcome in outcomes if outcome.state is not State.ABSENT):
        terminal.note(str(outcome), "" if outcome.ok else "red")
    if not outcomes:
        terminal.note("there was nothing to do")
    return 0 if all(outcome.ok for outcome in outcomes) else 1
