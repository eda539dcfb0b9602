"""The command that prints what services have printed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from devserve.cli.answers import Lines
from devserve.cli.asking import FAILED, NAMES, STDOUT, by_answer, found_here, give, orders_for
from devserve.cli.options import JSON
from devserve.cli.terminal import Terminal
from devserve.hub.choice import chosen, labels
from devserve.hub.orders import Answer, Line, Note, Order, Verb
from devserve.io.hub.ask import Found

LAST_LINES = 100
MOST_LINES = 1000  # that a devserve keeps of each service


@click.command()
@NAMES
@click.option("-f", "--follow", is_flag=True, help="Go on with the lines that come, until Ctrl-C.")
@click.option(
    "-n", "--lines", default=LAST_LINES, show_default=True, type=click.IntRange(0), help="So many of each service."
)
@JSON
@click.pass_context
def logs(context: click.Context, names: Sequence[str], follow: bool, lines: int, as_json: bool) -> None:
    """Print the last lines of services' output, on stdout. With --json an object for each line."""
    found = found_here(context.obj)
    printing = Printing(context.obj, found, names, as_json=as_json)
    began = time.monotonic()
    with quiet_when_nobody_reads(context):
        orders = orders_for(Verb.LOGS, names, found)
        problems = give(context.obj, [(pid, replace(order, lines=lines)) for pid, order in orders], printing.keep)
        after = printing.print_kept()
        if follow:
            give(context.obj, _following(orders, after, began), printing.print, follow=True)
    context.exit(FAILED if problems or (found.problems and not names) else 0)


class Printing:
    """Prints the lines of every devserve: those of the past in the order in which they came, later ones at once."""

    def __init__(self, terminal: Terminal, found: Found, names: Sequence[str], *, as_json: bool) -> None:
        self._terminal = terminal
        self._known = by_answer(chosen(names, found.known))
        self._labels = labels(found.known)
        self._lines = Lines([self._labels[one] for one in self._known.values()], as_json=as_json)
        self._kept: list[tuple[int, Line]] = []

    def __repr__(self) -> str:
        return f"<Printing {len(self._known)} services, {len(self._kept)} lines kept>"

    def keep(self, pid: int, answer: Answer) -> None:
        """Keep a line until those of all devserves are there."""
        if isinstance(answer, Line):
            self._kept.append((pid, answer))

    def print_kept(self) -> dict[int, float]:
        """Print what was kept; return when the last line of each devserve came."""
        kept = sorted(self._kept, key=lambda each: each[1].at)
        self._print(kept)
        self._kept.clear()
        return {pid: line.at for pid, line in kept}

    def print(self, pid: int, answer: Answer) -> None:
        """Print a line."""
        if isinstance(answer, Line):
            self._print([(pid, answer)])
        elif isinstance(answer, Note):
            self._terminal.note(answer.text, "yellow")

    def _print(self, lines: Sequence[tuple[int, Line]]) -> None:
        known = [(self._known.get((pid, line.service)), line.text) for pid, line in lines]
        self._lines.print((one, self._labels[one], text) for one, text in known if one is not None)


def _following(orders: Sequence[tuple[int, Order]], after: dict[int, float], began: float) -> list[tuple[int, Order]]:
    """Return the orders for what comes after the lines that are there."""
    return [(pid, replace(order, lines=MOST_LINES, follow=True, after=after.get(pid, began))) for pid, order in orders]


@contextmanager
def quiet_when_nobody_reads(context: click.Context) -> Iterator[None]:
    """End the command without a word when what reads its output has ended, as `head` does."""
    try:
        yield
    except BrokenPipeError:
        with Path(os.devnull).open("w") as nowhere:  # Python writes the rest at exit
            os.dup2(nowhere.fileno(), STDOUT)
        context.exit(0)
