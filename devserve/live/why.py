"""What a save has led to, step by step, and the last such records: what `devserve why` shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from devserve.config.values import Then

MOST_RECORDS = 100
MOST_FILES = 20  # of one burst that are named; the others are counted


class What(StrEnum):
    """What a step does."""

    TASK = "task"  # run a rule's task
    RESTART = "restart"  # end a service's process and start it again
    READY = "ready"  # wait until it answers
    TELL = "tell"  # tell its pages


class Ended(StrEnum):
    """How a chain ended."""

    TOLD = "told"  # the pages know
    DONE = "done"  # there was work, and nothing to tell the pages
    FAILED = "failed"  # a step failed; the pages keep what they show
    UNCHANGED = "unchanged"  # no byte of the files had changed, so nothing was done
    LOOP = "loop"  # the files were written by what they would start


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain. `problem` says why the chain ended here."""

    what: What
    seconds: float
    service: str  # whose: a restart goes on to the services that need this one
    argv: tuple[str, ...] = ()  # of a task
    status: int | None = None  # of a task that ran to its end
    then: Then | None = None  # what the pages were told to do
    browsers: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One chain: the files that changed, the rules they fall under, what was done, how it ended."""

    at: datetime  # when the first of the changes was heard of
    service: str
    files: tuple[str, ...]  # the first of them; those that weigh most come first
    file_count: int
    rules: tuple[str, ...]  # each by its patterns
    waited: float  # seconds until work began: for quiet, for git, for what ran before
    steps: tuple[Step, ...]
    seconds: float  # from the first change to the end
    ended: Ended
    reason: str = ""  # why nothing was done, or why it ended early

    def as_data(self) -> dict[str, object]:
        """Return the record for JSON, with every time in milliseconds."""
        return {
            "at": self.at.isoformat(timespec="milliseconds"),
            "service": self.service,
            "files": list(self.files),
            "file_count": self.file_count,
            "rules": list(self.rules),
            "waited_ms": _milliseconds(self.waited),
            "steps": [_step_data(step) for step in self.steps],
            "total_ms": _milliseconds(self.seconds),
            "ended": str(self.ended),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Busy:
    """What a chain does just now, in words, and since when on the clock that never goes back."""

    doing: str
    since: float


class Records:
    """The last chains of all services, and what each service's chain does just now."""

    __slots__ = ("_records", "busy", "latest", "on_record")

    def __init__(self, most: int = MOST_RECORDS) -> None:
        self._records: deque[Record] = deque(maxlen=most)
        self.busy: dict[str, Busy] = {}  # by service
        self.latest = 0  # how many there have been
        self.on_record: Callable[[Record], None] = lambda _: None

    def __repr__(self) -> str:
        return f"<Records {len(self._records)}, {len(self.busy)} chains at work>"

    def add(self, record: Record) -> None:
        """Keep a record; the oldest one goes to make room for it."""
        self._records.append(record)
        self.latest += 1
        self.on_record(record)

    def records(self, service: str = "") -> tuple[Record, ...]:
        """Return the records, oldest first; of one service, or of all."""
        return tuple(record for record in self._records if service in ("", record.service))


def record_of(data: Mapping[str, object]) -> Record:
    """Return the record that `as_data` wrote, as it comes through JSON.

    Raises ValueError when it is none, as when another version wrote it.
    """
    match data:
        case {
            "at": str(at),
            "service": str(service),
            "files": list(files),
            "file_count": int(file_count),
            "rules": list(rules),
            "waited_ms": int() | float() as waited,
            "steps": list(steps),
            "total_ms": int() | float() as total,
            "ended": str(ended),
            "reason": str(reason),
        }:
            return Record(
                at=datetime.fromisoformat(at),
                service=service,
                files=tuple(map(str, files)),
                file_count=file_count,
                rules=tuple(map(str, rules)),
                waited=waited / 1000,
                steps=tuple(map(_step_of, steps)),
                seconds=total / 1000,
                ended=Ended(ended),
                reason=reason,
            )
    raise ValueError("no record of a chain")


def _step_data(step: Step) -> dict[str, object]:
    """Return what there is to say of a step: a task has words and a status, a message to pages has readers."""
    data: dict[str, object] = {"what": str(step.what), "service": step.service, "ms": _milliseconds(step.seconds)}
    if step.what is What.TASK:
        data |= {"argv": list(step.argv), "status": step.status}
    if step.what is What.TELL:
        data |= {"then": str(step.then), "browsers": step.browsers}
    return data | ({"problem": step.problem} if step.problem else {})


def _step_of(data: object) -> Step:
    match data:
        case {"what": str(what), "service": str(service), "ms": int() | float() as milliseconds, **more}:
            argv, status, then, browsers = (more.get(key) for key in ("argv", "status", "then", "browsers"))
            return Step(
                What(what),
                milliseconds / 1000,
                service,
                argv=tuple(map(str, argv)) if isinstance(argv, list) else (),
                status=status if isinstance(status, int) else None,
                then=Then(then) if isinstance(then, str) else None,
                browsers=browsers if isinstance(browsers, int) else 0,
                problem=str(more.get("problem", "")),
            )
    raise ValueError("no step of a chain")


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
