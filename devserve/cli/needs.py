"""The question whether to start what a service needs of another repository, and what is said where nobody is asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from devserve.cli.terminal import Terminal
from devserve.config.labels import labelled, named, of_all
from devserve.config.together import needs_elsewhere, needs_of, with_needs
from devserve.config.values import Project, Service
from devserve.io import state
from devserve.io.config import checkouts, projects
from devserve.run.needs import Elsewhere, Known, Standing, Way, parted, question, remote_for, sentence, way


def nobody(_repository: str, _service: str) -> Standing | None:
    """Tell that no other devserve runs anything."""
    return None


def met(
    found: tuple[Project, ...], only: Sequence[str], terminal: Terminal, elsewhere: Elsewhere = nobody
) -> tuple[Project, ...]:
    """Return the projects with those of other repositories that they need and that somebody agrees to start."""
    declined: set[str] = set()
    while (offered := _offered(found, only, elsewhere, declined)) is not None:
        service, need, checkout = offered
        if click.confirm(question(service.label, need, checkout), default=True, err=True):
            places = [each.file if each.file.is_file() else each.root for each in found]
            found = projects.read_all([*places, checkout])
        declined.add(need)
    for project, service, need in _needs(found, only):
        known = _known(need, project, elsewhere)
        if said := sentence(service.label, need, known, way(known, may_ask=False)):
            terminal.note(said, "yellow")
    return found


def _offered(
    found: Sequence[Project], only: Sequence[str], elsewhere: Elsewhere, declined: set[str]
) -> tuple[Service, str, Path] | None:
    """Return a need about which somebody can be asked: whose, which, and where it could be started from."""
    for project, service, need in _needs(found, only):
        known = _known(need, project, elsewhere)
        may_ask = sys.stdin.isatty() and need not in declined
        if way(known, may_ask=may_ask) is Way.OFFER and known.checkout is not None:
            return service, need, known.checkout
    return None


def _needs(found: Sequence[Project], only: Sequence[str]) -> Iterator[tuple[Project, Service, str]]:
    """Yield what the services that will run need of other repositories. What plugins add is not known yet."""
    known = labelled(found)
    needs = needs_of(known)
    asked = [service.label for name in only for service in named(name, known)]
    running = with_needs(asked if only else needs, needs)
    for project, service in of_all(known):
        if service.label in running:
            yield from ((project, service, need) for need in needs_elsewhere(service, known))


def _known(need: str, project: Project, elsewhere: Elsewhere) -> Known:
    repository, name = parted(need)
    checkout = checkouts.find(repository, name, project.root, state.place())
    return Known(elsewhere(repository, name), checkout, remote_for(need, project))
