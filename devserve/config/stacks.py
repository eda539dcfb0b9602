"""The services that a repository seems to hold, by the first sign of what it is made with."""

from __future__ import annotations

import re
from collections.abc import Callable

from devserve.config.facts import PAGES, PROCFILES, Facts, Guess, service_of
from devserve.config.hosts import label_like
from devserve.config.kinds import words_of
from devserve.config.node_stack import gulp, node, node_server
from devserve.config.python_stack import django, python_application

PROCESS = re.compile(r"^([A-Za-z0-9_-]+):\s*(\S.*)$", re.MULTILINE)


def guesses(facts: Facts) -> tuple[Guess, ...]:
    """Return the services of a repository, by the first sign that is found."""
    for recognise in RECOGNISERS:
        if found := recognise(facts):
            return found
    return ()


def guesses_by(stack: str, facts: Facts) -> tuple[Guess, ...]:
    """Return the services of a repository whose first sign is one of a stack's: "node" or "python"."""
    for recognise in RECOGNISERS:
        if found := recognise(facts):
            return found if recognise in STACKS.get(stack, ()) else ()
    return ()


def procfile(facts: Facts) -> tuple[Guess, ...]:
    """Recognise a Procfile; only its web process answers requests."""
    name = next((name for name in PROCFILES if name in facts.files), "")
    processes = {label_like(process): line.strip() for process, line in PROCESS.findall(facts.files.get(name, ""))}
    processes.pop("", None)
    web = "web" if "web" in processes else next(iter(processes), "")
    order = sorted(processes, key=lambda process: process != web)
    return tuple(
        Guess(
            process if process != "devserve" else "devserve-process",  # devserve.localhost is taken
            without_shell(processes[process]),
            f'{name}, process "{process}"',
            serves=process == web,
        )
        for process in order
    )


def without_shell(line: str) -> tuple[str, ...] | str:
    """Return a command line as it is, or given to a shell if it was written for one."""
    try:
        words_of(line)
    except ValueError:
        return ("sh", "-c", line)
    return line


def static(facts: Facts) -> tuple[Guess, ...]:
    """Recognise a folder of pages."""
    page = next((page for page in PAGES if page in facts.files), "")
    if not page:
        return ()
    folder = page.removesuffix("index.html").rstrip("/")
    command = "python3 -m http.server $PORT --bind 127.0.0.1" + (f" --directory {folder}" if folder else "")
    return (Guess(service_of(facts), command, page),)


RECOGNISERS: tuple[Callable[[Facts], tuple[Guess, ...]], ...] = (
    node,
    gulp,
    node_server,
    procfile,
    django,
    python_application,
    static,
)
STACKS: dict[str, tuple[Callable[[Facts], tuple[Guess, ...]], ...]] = {
    "node": (node, gulp, node_server),
    "python": (django, python_application),
}
