"""The commands that talk to every devserve that runs, from any terminal and in any folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from devserve.cli.answers import Progressing, show_routes, show_status
from devserve.cli.asking import FAILED, NAMES, by_answer, found_here, give, orders_for, print_json, running_names
from devserve.cli.options import JSON
from devserve.cli.terminal import Terminal
from devserve.hub.choice import Known, chosen, labels
from devserve.hub.listing import as_data, whose
from devserve.hub.orders import Answer, Leads, Order, Outcome, Progress, Told, Verb
from devserve.hub.reloading import reloads
from devserve.live.report import browsers


@click.command()
@NAMES
@JSON
@click.pass_context
def status(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """Show how services stand, of every terminal. A NAME is api, or shop/api for that of the repository shop."""
    found = found_here(context.obj)
    known = chosen(names, found.known)
    if as_json:
        print_json(as_data(known, found.problems))
    else:
        show_status(context.obj, known)
    context.exit(FAILED if found.problems and not names else 0)


@click.command()
@NAMES
@JSON
@click.pass_context
def routes(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """Show which address leads where."""
    found = found_here(context.obj)
    heard: list[Leads] = []

    def hear(_: int, answer: Answer) -> None:
        if isinstance(answer, Leads):
            heard.append(answer)

    problems = give(context.obj, orders_for(Verb.ROUTES, names, found), hear)
    leads = sorted(dict.fromkeys(heard), key=lambda each: (each.host, each.path))
    if as_json:
        print_json({"routes": [_leads_data(each) for each in leads], "problems": [*found.problems, *problems]})
    else:
        show_routes(context.obj, leads)
    context.exit(FAILED if problems or (found.problems and not names) else 0)


@click.command()
@NAMES
@JSON
@click.pass_context
def restart(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """End services and start them again. Returns when they are ready."""
    _carry_out(context, Verb.RESTART, names, as_json=as_json)


@click.command()
@NAMES
@JSON
@click.pass_context
def stop(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """End services. No save brings them back, only `devserve start` does."""
    _carry_out(context, Verb.STOP, names, as_json=as_json)


@click.command()
@NAMES
@JSON
@click.pass_context
def start(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """Start services that were stopped or have ended. Returns when they are ready."""
    _carry_out(context, Verb.START, names, as_json=as_json)


@click.command()
@click.argument("words", nargs=-1, metavar="[NAME] [FILE]...", shell_complete=running_names)
@JSON
@click.pass_context
def reload(context: click.Context, words: Sequence[str], as_json: bool) -> None:
    """Have the pages of a service, or of all, load themselves again. With a FILE, show just that one if they can."""
    found = found_here(context.obj)
    called = labels(found.known)
    wanted = reloads(words, Path.cwd(), found.known)
    told: dict[str, int] = {}
    problems: list[str] = []
    for each in wanted:

        def hear(_: int, answer: Answer, label: str = called[each.known]) -> None:
            if isinstance(answer, Told):
                told[label] = told.get(label, 0) + answer.browsers

        order = Order(Verb.RELOAD, (each.known.status.label,), each.files)
        problems += give(context.obj, [(each.known.devserve, order)], hear)
    if as_json:
        print_json(told)
    else:
        for label, count in told.items():
            context.obj.note(f"{label}: reload → {browsers(count)}")
    context.exit(FAILED if problems else 0)


def _carry_out(context: click.Context, verb: Verb, names: Sequence[str], *, as_json: bool) -> None:
    """Give an order, show how it goes and what came of it for each service."""
    terminal: Terminal = context.obj
    found = found_here(terminal)
    known, called = by_answer(found.known), labels(found.known)
    outcomes: list[tuple[Known, Outcome]] = []
    with Progressing(terminal) as progressing:

        def hear(pid: int, answer: Answer) -> None:
            match answer:
                case Progress(service=name) if one := known.get((pid, name)):
                    progressing.show(called[one], answer)
                case Outcome(service=name) if one := known.get((pid, name)):
                    outcomes.append((one, answer))
                    progressing.end(called[one], answer)

        problems = give(terminal, orders_for(verb, names, found), hear)
    if as_json:
        came = [{**whose(one), "ok": outcome.ok, "text": outcome.text} for one, outcome in outcomes]
        print_json({"services": came, "problems": [*found.problems, *problems]})
    elif not outcomes and not problems:
        terminal.note(f"there is nothing to {verb}: no service here has a command")
    failed = problems or (found.problems and not names) or not all(outcome.ok for _, outcome in outcomes)
    context.exit(FAILED if failed else 0)


def _leads_data(each: Leads) -> dict[str, object]:
    return {
        "url": each.url,
        "host": each.host,
        "path": each.path,
        "origin": each.origin,
        "service": each.service,
        "repository": each.root,
    }
