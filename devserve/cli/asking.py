"""What the commands share that talk to the devserves that run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import click

from devserve.cli.terminal import Terminal
from devserve.config.values import OTHER_REPOSITORY
from devserve.errors import DevserveError
from devserve.hub.choice import Known, chosen, is_meant, labels
from devserve.hub.orders import ELSEWHERE, Answer, Order, Verb
from devserve.io import state
from devserve.io.hub import control
from devserve.io.hub.ask import SECONDS, Found, ask, find
from devserve.io.unread import broken_when_unread
from devserve.run.lifecycle import Life, State
from devserve.run.needs import Standing

FAILED = 1
SOON = 2.0  # seconds for a devserve to answer another one that starts
COMING = {state for state in State if Life(state).coming}
STDOUT = 1

Hear = Callable[[int, Answer], object]  # takes an answer, with the pid of the devserve that gave it


def running_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the names of services that run and begin so, for a shell that completes them."""
    known = asyncio.run(find(folder(), SOON)).known
    return sorted({name for name in labels(known).values() if name.startswith(begun)})


NAMES = click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=running_names)


def found_here(terminal: Terminal) -> Found:
    """Return what runs, and say which devserves gave no answer.

    Raises:
        DevserveError: none runs, or none answers.
    """
    found = asyncio.run(find(folder()))
    if not found.devserves:
        raise DevserveError("\n".join(found.problems) or "no devserve runs here; start it with: devserve run")
    for problem in found.problems:
        terminal.note(problem, "red")
    return found


def give(terminal: Terminal, orders: Iterable[tuple[int, Order]], hear: Hear, *, follow: bool = False) -> list[str]:
    """Give devserves, known by their pids, their orders; return the sentences about those that did not obey.

    Each has its time for the next answer; one that is followed has any, as long as somebody reads what is printed.
    """

    async def one(pid: int, order: Order) -> str:
        try:
            await ask(folder(), pid, order, partial(hear, pid), None if follow else SECONDS)
        except DevserveError as error:
            terminal.note(str(error), "red")
            return str(error)
        return ""

    async def all_of_them() -> list[str]:
        with broken_when_unread(STDOUT) if follow else nullcontext():
            return await asyncio.gather(*(one(pid, order) for pid, order in orders))

    return [problem for problem in asyncio.run(all_of_them()) if problem]


def orders_for(verb: Verb, names: Sequence[str], found: Found) -> list[tuple[int, Order]]:
    """Return the order for each devserve that one of the names means; without names for every one."""
    meant: dict[int, list[str]] = {}
    for one in chosen(names, found.known):
        meant.setdefault(one.devserve, []).append(one.status.label)
    return [(pid, Order(verb, tuple(own) if names else ())) for pid, own in meant.items()]


def standing(repository: str, name: str) -> Standing | None:
    """Return how the service of a repository stands that a devserve runs; None when none does."""
    found = asyncio.run(find(folder(), SOON))
    meant = [one for one in found.known if is_meant(f"{repository}{OTHER_REPOSITORY}{name}", one)]
    if not meant:
        return None
    states = {one.status.state for one in meant}
    return Standing(ready=bool(states & {State.READY, ELSEWHERE}), coming=bool(states & COMING))


def by_answer(known: Iterable[Known]) -> dict[tuple[int, str], Known]:
    """Return services by what answers tell of theirs: the pid of the devserve, and what that calls it."""
    return {(one.devserve, one.status.label): one for one in known}


def folder() -> Path:
    """Return the folder of this user's control sockets."""
    return control.folder_in(state.place())


def print_json(data: object) -> None:
    """Print what programs read."""
    click.echo(json.dumps(data, indent=2))
