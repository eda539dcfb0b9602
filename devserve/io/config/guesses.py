"""What a repository seems to hold that says nothing itself, as services."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from devserve.config.facts import Guess
from devserve.config.kinds import words_of
from devserve.config.stacks import guesses_by
from devserve.config.values import Livereload, Project, Service, Then, WatchRule
from devserve.defaults import REFRESHED, RELOADED
from devserve.io.config.projects import examine, recognised


def guessed(project: Project, stack: Literal["node", "python"]) -> tuple[Service, ...]:
    """Return the services that `devserve init` would write down for a repository; none if another stack serves it.

    None either if it declares something itself.
    """
    if project.services or project.include or project.plugins:
        return ()
    found = guesses_by(stack, examine(project.root))
    return tuple(recognised(_service(guess, project)) for guess in found if guess.serves)


def _service(guess: Guess, project: Project) -> Service:
    command = tuple(words_of(guess.command)) if isinstance(guess.command, str) else guess.command
    host = guess.host or f"{guess.name}.{project.domain}"
    service = Service(guess.name, project.root, host, command=command, port=guess.port)
    if guess.livereload:
        service = replace(service, livereload=Livereload(guess.livereload))
    if not guess.restarts:
        return service
    rules = (guess.restarts, Then.RESTART), (REFRESHED, Then.REFRESH), (RELOADED, Then.RELOAD)
    return replace(service, watch=tuple(WatchRule(paths, then=then) for paths, then in rules))
