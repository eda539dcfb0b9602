"""One burst of a service's changes: what is done about it, step by step, and the record of that."""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter

from devserve.config.values import Service, Then, WatchRule
from devserve.errors import DevserveError
from devserve.io.run.processes import TaskResult
from devserve.live.message import Message
from devserve.live.problems import Problem
from devserve.live.report import line
from devserve.live.rules import Outcome, frames, patterns_of
from devserve.live.why import MOST_FILES, Busy, Ended, Record, Records, Step, What
from devserve.run.lifecycle import exit_words

LOG = logging.getLogger("devserve")

TASK_DEADLINE = 300.0  # seconds
AFTER_TELLING = 0.004  # seconds; to draw a line takes a terminal longer than the message takes to the browser


@dataclass(frozen=True, slots=True)
class Effects:
    """What a chain does to the world, and whom it asks.

    `tell` sends frames to a service's pages and returns their number. `run_task` is cancelled when it exceeds its
    deadline. `restart` restarts the service and what depends on it, tells the pages of each that is ready, and returns
    the steps of that; the last one has a problem if it did not come to its end. `decide` says what a rule's changes
    lead to; it may be asked about the same change twice, alone and with what came after it. `held` says whether git is
    busy. `problem` shows in the pages what a task could not do, or that it now could. `altered` returns those of some
    files whose bytes are others than when they were last asked about; it is asked before tasks and restarts. `forget`
    is told of those that count at their next save in any case, as what they led to has failed. `message` lets the pages
    hear a plugin's message.
    """

    tell: Callable[[str, Sequence[str]], int]
    run_task: Callable[[tuple[str, ...]], Awaitable[TaskResult]]
    restart: Callable[[], Awaitable[Sequence[Step]]]
    decide: Callable[[WatchRule, tuple[str, ...]], Outcome]
    held: Callable[[], bool]
    problem: Callable[[Problem], None]
    altered: Callable[[tuple[str, ...]], tuple[str, ...]] = tuple
    forget: Callable[[Sequence[str]], None] = lambda paths: None
    message: Callable[[Message], None] = lambda _: None


class Burst:
    """A burst that is dealt with now. Take the steps in their order, then `end` it once."""

    def __init__(self, service: Service, effects: Effects, records: Records, heard: float) -> None:
        """Begin with a burst of which the first change was `heard` of then (by perf_counter)."""
        self._service = service
        self._effects = effects
        self._records = records
        self._heard = heard
        self._began = perf_counter()
        self._steps: list[Step] = []

    def __repr__(self) -> str:
        return f"<Burst of {self._service.label}, {len(self._steps)} steps>"

    def tell(self, outcome: Outcome) -> None:
        """Tell the pages what the changes lead to, if to anything."""
        for message in outcome.messages:
            self._effects.message(message)
        if outcome.then is Then.NOTHING:
            return
        began = perf_counter()
        count = self._effects.tell(self._service.label, frames(outcome))
        seconds = perf_counter() - began
        self._steps.append(Step(What.TELL, seconds, self._service.label, then=outcome.then, browsers=count))

    async def task(self, argv: tuple[str, ...], deadline: float = TASK_DEADLINE) -> bool:
        """Run a task and tell whether it succeeded; if not, the pages show why."""
        shown = shlex.join(argv)
        began = perf_counter()
        status: int | None = None
        lines: tuple[str, ...] = ()
        try:
            with self._busy(shown):
                async with asyncio.timeout(deadline):
                    result = await self._effects.run_task(argv)
        except TimeoutError:
            title, why = (f"{shown} has not ended, given up",) * 2
        except DevserveError as error:
            title, why = (f"{shown} could not be run: {error}",) * 2
        else:
            status, lines = result.status, result.last_lines
            title, why = _failure(shown, result)
        self._effects.problem(Problem(shown, title, lines))
        problem = why.removeprefix(f"{shown} ")
        seconds = perf_counter() - began
        self._steps.append(Step(What.TASK, seconds, self._service.label, argv, status, problem=problem))
        return not problem

    async def restart(self) -> bool:
        """Restart the service, and what depends on it, tell the pages of each that is ready; tell whether all are."""
        steps = await self._effects.restart()
        self._steps += steps
        return not any(step.problem for step in steps)

    def end(self, files: Sequence[str], rules: Sequence[WatchRule], ended: Ended | None = None, why: str = "") -> None:
        """Keep the record and print its line; a burst that led to nothing has none.

        `ended` and `why` say how it ended, when that does not follow from its steps.
        """
        problem = next((step.problem for step in self._steps if step.problem), "")
        if not self._steps and ended is None:
            return
        told = any(step.what is What.TELL for step in self._steps)
        done = perf_counter()
        record = Record(
            at=datetime.now(UTC).astimezone() - timedelta(seconds=done - self._heard),
            service=self._service.label,
            files=tuple(files[:MOST_FILES]),
            file_count=len(files),
            rules=tuple(patterns_of(rule) for rule in rules),
            waited=self._began - self._heard,
            steps=tuple(self._steps),
            seconds=done - self._heard,
            ended=Ended.FAILED if problem else ended or (Ended.TOLD if told else Ended.DONE),
            reason=problem or why,
        )
        self._records.add(record)
        if record.ended in {Ended.FAILED, Ended.LOOP}:
            LOG.warning("%s", line(record))
        else:
            asyncio.get_running_loop().call_later(AFTER_TELLING, LOG.info, "%s", line(record))

    @contextmanager
    def _busy(self, doing: str) -> Iterator[None]:
        """Let others see what takes its time."""
        self._records.busy[self._service.label] = Busy(doing, perf_counter())
        try:
            yield
        finally:
            del self._records.busy[self._service.label]


def _failure(shown: str, result: TaskResult) -> tuple[str, str]:
    """Return how a task failed, for pages and for the console; nothing when it succeeded."""
    if result.status == 0:
        return "", ""
    last = next((said for said in reversed(result.last_lines) if said.strip()), "it said nothing").strip()
    return f"{shown} failed with {exit_words(result.status)}", f"{shown} failed with status {result.status}: {last}"
