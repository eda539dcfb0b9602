"""Which changes mean which action: watch rules, one burst of changes, and what the page is told in the end."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from devserve.config.values import Then, WatchRule
from devserve.live.message import Message
from devserve.live.protocol import loads_page, reload

STRENGTH = {Then.NOTHING: 0, Then.REFRESH: 1, Then.RELOAD: 2, Then.RESTART: 3}
# A page never loads these; what it loads is the stylesheet that a task makes of them.
STYLESHEET_SOURCES = {".scss", ".sass", ".less", ".styl", ".stylus", ".pcss", ".postcss"}
MOST_REFRESHED = 20  # files; beyond that, loading the page once is cheaper than swapping each


class Rule(Protocol):
    """A watch rule that can tell whether it is about a path."""

    @property
    def rule(self) -> WatchRule:
        """The rule as configured."""

    def covers(self, relative: str) -> bool:
        """Whether the rule is about a path."""


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one burst that fall under one rule."""

    rule: WatchRule
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changes lead to."""

    then: Then
    paths: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()  # to the pages, beside that


def takes_work(rule: WatchRule) -> bool:
    """Tell whether a rule starts anything that takes its time."""
    return bool(rule.run) or rule.then is Then.RESTART


def work_of(rule: WatchRule) -> str:
    """Return what a rule starts, in words."""
    return shlex.join(rule.run) if rule.run else str(Then.RESTART)


def patterns_of(rule: WatchRule) -> str:
    """Return what a rule is called by: its patterns."""
    return " ".join(rule.paths)


def rule_for(rules: Iterable[Rule], path: str) -> WatchRule | None:
    """Return the first rule that is about a path."""
    return next((candidate.rule for candidate in rules if candidate.covers(path)), None)


def group(rules: Sequence[Rule], paths: Iterable[str]) -> tuple[Group, ...]:
    """Return the changed paths by rule, in the order of the rules; the first rule that covers a path has it."""
    found: list[list[str]] = [[] for _ in rules]
    for path in paths:
        position = next((index for index, candidate in enumerate(rules) if candidate.covers(path)), None)
        if position is not None:
            found[position].append(path)
    return tuple(
        Group(candidate.rule, tuple(covered)) for candidate, covered in zip(rules, found, strict=True) if covered
    )


def merge(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the one outcome of a burst: restart swallows reload, reload swallows refresh.

    The paths of the strongest come first; those of weaker ones follow, because they are dealt with too.
    """
    ordered = sorted(outcomes, key=lambda outcome: STRENGTH[outcome.then], reverse=True)
    then = ordered[0].then if ordered else Then.NOTHING
    effective = [outcome for outcome in ordered if then is Then.NOTHING or outcome.then is not Then.NOTHING]
    return Outcome(
        then,
        tuple(dict.fromkeys(path for outcome in effective for path in outcome.paths)),
        tuple(message for outcome in ordered for message in outcome.messages),
    )


def frames(outcome: Outcome) -> tuple[str, ...]:
    """Return the frames that tell a page of an outcome; after a restart the page is loaded again.

    A path starts with "/" and is relative to the service's folder.
    """
    if outcome.then is Then.NOTHING or not outcome.paths:
        return ()
    if outcome.then is Then.REFRESH and len(outcome.paths) <= MOST_REFRESHED:
        return tuple(dict.fromkeys(reload(f"/{as_loaded(path)}") for path in outcome.paths))
    return (reload(f"/{outcome.paths[0]}", live_css=False, live_image=False),)


def reload_messages(files: Sequence[str]) -> tuple[str, ...]:
    """Return what pages are told of these files; without any, to load themselves again."""
    if not files:
        return (reload("/", live_css=False, live_image=False),)
    return together([reload(f"/{as_loaded(file)}") for file in files])


def together(messages: Sequence[str]) -> tuple[str, ...]:
    """Return what is left to say of messages that a page hears at one time: to load itself swallows all else."""
    load = next((message for message in messages if loads_page(message)), None)
    distinct = tuple(dict.fromkeys(messages))
    if load is None and len(distinct) > MOST_REFRESHED:
        load = reload("/", live_css=False, live_image=False)
    return distinct if load is None else (load,)


def as_loaded(path: str) -> str:
    """Return the path under which a page may know a file: `css/site.css` for `css/site.scss`."""
    file = PurePosixPath(path)
    return str(file.with_suffix(".css")) if file.suffix.lower() in STYLESHEET_SOURCES else path
