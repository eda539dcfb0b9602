"""The status line: where the services stand, what takes its time, what the last save led to, cut to a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from devserve.run.lifecycle import State

LONG = 1.0  # seconds; what takes longer is shown with its time
BETWEEN = " · "
HINT = "? help"


class Mark(StrEnum):
    """How a part of the line is to be marked."""

    GOOD = "good"
    COMING = "coming"
    BAD = "bad"
    FAINT = "faint"
    QUESTION = "question"


MARKS = {State.READY: Mark.GOOD, State.EXITED: Mark.BAD, State.BACKING_OFF: Mark.BAD, State.HELD: Mark.BAD}


@dataclass(frozen=True, slots=True)
class Standing:
    """A service, its state, and the seconds since that was seen first."""

    name: str
    state: State
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Status:
    """What the line says."""

    services: tuple[Standing, ...]
    doing: str = ""  # what takes its time: a task, with its seconds
    doing_short: str = ""
    last: str = ""  # what the last save has led to
    last_short: str = ""
    question: str = ""  # stands alone


Part = tuple[str, Mark]


def parts_of(status: Status, width: int) -> Sequence[Part]:
    """Return the parts that fit into a width, the fullest form of them that does; with BETWEEN between them."""
    if status.question:
        return ((status.question, Mark.QUESTION),)
    for parts in _forms(status):
        if len(BETWEEN.join(text for text, _ in parts)) <= width:
            return parts
    return parts


def _forms(status: Status) -> Iterator[Sequence[Part]]:
    """Yield the line in its forms, the fullest first."""
    full = [_part(standing) for standing in status.services]
    short = _counted(status.services)
    doing = [(status.doing, Mark.COMING)] if status.doing else []
    last = [(status.last, Mark.FAINT)] if status.last else []
    last_short = [(status.last_short, Mark.FAINT)] if status.last_short else []
    hint = [(HINT, Mark.FAINT)]
    yield [*full, *doing, *last, *hint]
    yield [*short, *doing, *last, *hint]
    yield [*short, *doing, *last_short, *hint]
    yield [*short, *doing, *last_short]
    yield [*short, *doing]
    yield [*short, *([(status.doing_short, Mark.COMING)] if status.doing else [])]
    yield short


def _part(standing: Standing) -> Part:
    mark = MARKS.get(standing.state, Mark.COMING)
    seconds = f" {standing.seconds:.0f} s" if mark is Mark.COMING and standing.seconds >= LONG else ""
    return f"{standing.name} {standing.state}{seconds}", mark


def _counted(services: Sequence[Standing]) -> list[Part]:
    """Return how many are ready, and each of the others, the bad ones first."""
    ready = sum(standing.state is State.READY for standing in services)
    others = [_part(standing) for standing in services if standing.state is not State.READY]
    others.sort(key=lambda part: part[1] is not Mark.BAD)
    return [*others, *([(f"{ready} ready", Mark.GOOD)] if ready else [])]
