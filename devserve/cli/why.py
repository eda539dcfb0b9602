"""The command that shows what the last saves have led to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from devserve.cli.asking import FAILED, NAMES, by_answer, found_here, give, orders_for, print_json
from devserve.cli.options import JSON
from devserve.cli.terminal import Terminal
from devserve.errors import RemoteProtocolError
from devserve.hub.choice import Known, labels
from devserve.hub.orders import Answer, Chain, Verb
from devserve.live.report import tree
from devserve.live.why import Record, record_of

LAST_SAVES = 5


@click.command()
@NAMES
@click.option(
    "-n", "--saves", default=LAST_SAVES, show_default=True, type=click.IntRange(1), help="So many of the last ones."
)
@JSON
@click.pass_context
def why(context: click.Context, names: Sequence[str], saves: int, as_json: bool) -> None:
    """Show what the last saves have led to. Each step has its milliseconds: files, task, restart, ready, browsers."""
    terminal: Terminal = context.obj
    found = found_here(terminal)
    known, called = by_answer(found.known), labels(found.known)
    heard: list[tuple[Known, Record]] = []

    def hear(pid: int, answer: Answer) -> None:
        if isinstance(answer, Chain) and (one := known.get((pid, answer.service))):
            heard.append((one, _record_in(answer.record, pid)))

    orders = [(pid, replace(order, lines=saves)) for pid, order in orders_for(Verb.WHY, names, found)]
    problems = give(terminal, orders, hear)
    last = sorted(heard, key=lambda each: each[1].at)[-saves:]
    if as_json:
        chains = [{**record.as_data(), "repository": one.status.root, "devserve": one.devserve} for one, record in last]
        print_json({"chains": chains, "problems": [*found.problems, *problems]})
    elif last:
        for one, record in last:
            own = {each.status.label: label for each, label in called.items() if each.devserve == one.devserve}
            terminal.note(tree(_renamed(record, own)))
    else:
        terminal.note("nothing has been saved yet")
    context.exit(FAILED if problems or (found.problems and not names) else 0)


def _record_in(text: str, pid: int) -> Record:
    try:
        return record_of(json.loads(text))
    except ValueError as error:
        raise RemoteProtocolError(
            f"the devserve with pid {pid} was not understood; end it and start it anew"
        ) from error


def _renamed(record: Record, called: Mapping[str, str]) -> Record:
    """Return the record with its services called as they are among those of all devserves."""
    steps = tuple(replace(step, service=called.get(step.service, step.service)) for step in record.steps)
    return replace(record, service=called.get(record.service, record.service), steps=steps)
