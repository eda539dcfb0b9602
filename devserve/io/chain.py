"""One service's way from a saved file to the browser: file → settle → task → restart → ready → page."""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

from devserve.config.values import Service, Then, WatchRule
from devserve.errors import DevserveError
from devserve.io.processes import TaskResult
from devserve.live.problems import Problem
from devserve.live.report import browsers, duration, report
from devserve.live.rules import Group, Outcome, frames, group, merge, rule_for
from devserve.run.lifecycle import exit_words
from devserve.watch.patterns import CompiledRule
from devserve.watch.settle import Settle

logger = logging.getLogger("devserve")

TASK_DEADLINE = 300.0  # seconds
AFTER_TELLING = 0.004  # seconds; to draw a line takes a terminal longer than the message takes to the browser
RESTART_MARGIN = 10.0  # seconds beside what the service may take to stop and to become ready


@dataclass(frozen=True, slots=True)
class Effects:
    """What a chain does to the world, and whom it asks.

    `tell` sends frames to a service's pages and returns their number. `run_task` and `restart` are cancelled when they
    exceed their deadlines. `restart` returns whether the service has become ready. `decide` says what a rule's changes
    lead to; it may be asked about the same change twice, alone and with what came after it. `held` says whether git is
    busy. `problem` shows in the pages what a task could not do, or that it now could.
    """

    tell: Callable[[str, Sequence[str]], int]
    run_task: Callable[[tuple[str, ...]], Awaitable[TaskResult]]
    restart: Callable[[], Awaitable[bool]]
    decide: Callable[[WatchRule, tuple[str, ...]], Then]
    held: Callable[[], bool]
    problem: Callable[[Problem], None]


class Chain:
    """Takes one service's changes in with `changed`; `run` does what takes time and must be running.

    `restart_deadline` follows from the service unless it is given. Raises `ConfigError` for a pattern that is none.
    """

    def __init__(
        self,
        service: Service,
        effects: Effects,
        task_deadline: float = TASK_DEADLINE,
        restart_deadline: float | None = None,
    ) -> None:
        self._service = service
        self._effects = effects
        self._task_deadline = task_deadline
        self._restart_deadline = restart_deadline or service.stop.grace + service.ready.timeout + RESTART_MARGIN
        self._rules = tuple(CompiledRule(rule) for rule in service.watch)
        self._loop = asyncio.get_running_loop()
        self._settle = Settle()
        self._timer: asyncio.TimerHandle | None = None
        self._heard: dict[str, float] = {}  # path to when it was first heard of and not yet dealt with
        self._waiting: dict[str, None] = {}  # settled paths that wait for `run`
        self._wake = asyncio.Event()
        self._busy = False

    def __repr__(self) -> str:
        state = "busy" if self._busy else "idle"
        return (
            f"<Chain {self._service.label} {state}, {len(self._heard)} changes waiting, {len(self._waiting)} settled>"
        )

    def changed(self, path: str) -> None:
        """Take a change in: tell the page at once, or let it settle first."""
        rule = rule_for(self._rules, path)
        if rule is None:
            return
        self._heard.setdefault(path, perf_counter())
        now = self._loop.time()
        if self._settle.leads(now, path) and self._tell_at_once(rule, path):
            self._settle.told(now)
        else:
            self._settle.add(now, path)
        self._set_timer()

    async def run(self) -> None:
        """Run tasks and restarts, one burst after the other, until cancelled.

        What changes meanwhile is one more burst, so that a task never runs twice at a time.
        """
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                paths = tuple(self._waiting)
                self._waiting.clear()
                self._busy = True
                await self._work(paths)
                self._busy = False
        finally:
            self._busy = False
            if self._timer is not None:
                self._timer.cancel()

    def _tell_at_once(self, rule: WatchRule, path: str) -> bool:
        """Tell the page of one change, unless that takes work or the page would not find the file."""
        if rule.run or rule.then is Then.RESTART or self._effects.held():
            return False
        # An editor that moves the old file away first is about to write the new one.
        if not (self._service.root / path).exists():
            return False
        outcome = self._outcome(Group(rule, (path,)))
        if outcome.then is Then.RESTART:
            return False
        self._tell(outcome, (), self._oldest((path,)))
        return True

    def _set_timer(self) -> None:
        """Look again when something is due; a timer that is set already is early enough, as what is due moves back."""
        due = self._settle.due()
        if due is not None and self._timer is None:
            self._timer = self._loop.call_at(due, self._settled, due)

    def _settled(self, due: float) -> None:
        self._timer = None
        # Not before `due`: uvloop's clock counts in milliseconds and may be a fraction early.
        paths = self._settle.poll(max(due, self._loop.time()), self._effects.held())
        if paths:
            self._take(paths)
        self._set_timer()

    def _take(self, paths: tuple[str, ...]) -> None:
        """Tell the page what takes no work, leave the rest to `run`; a burst that does both goes there as one."""
        groups = group(self._rules, paths)
        quick = [self._outcome(found) for found in groups if not found.rule.run]
        tasks = any(found.rule.run for found in groups)
        outcome = merge(quick)
        if outcome.then is Then.RESTART or (tasks and not self._busy):
            self._leave_to_run(paths)
            return
        self._tell(outcome, (), self._oldest(path for found in quick for path in found.paths))
        self._leave_to_run(path for found in groups if found.rule.run for path in found.paths)

    def _leave_to_run(self, paths: Iterable[str]) -> None:
        self._waiting.update(dict.fromkeys(paths))
        if self._waiting:
            self._wake.set()

    async def _work(self, paths: tuple[str, ...]) -> None:
        started = self._oldest(paths)
        steps: list[str] = []
        done: list[Group] = []
        results: dict[tuple[str, ...], bool] = {}
        for found in group(self._rules, paths):
            task = found.rule.run
            if task and task not in results:
                results[task] = await self._task(task, found.paths, steps)
            if not task or results[task]:
                done.append(found)
        outcome = merge(self._outcome(found) for found in done)
        if outcome.then is Then.RESTART and not await self._restarted(outcome.paths, steps, started):
            return
        self._tell(outcome, steps, started)

    async def _task(self, command: tuple[str, ...], paths: tuple[str, ...], steps: list[str]) -> bool:
        """Run a task; note the step or say why the chain ends here."""
        shown = shlex.join(command)
        try:
            async with asyncio.timeout(self._task_deadline):
                result = await self._effects.run_task(command)
        except TimeoutError:
            self._failed(paths, shown, "has not ended, given up", self._task_deadline)
            return False
        except DevserveError as error:
            self._failed(paths, shown, f"could not be run: {error}", 0.0)
            return False
        if result.status != 0:
            last = next((line for line in reversed(result.last_lines) if line.strip()), "it said nothing")
            self._effects.problem(Problem(shown, f"{shown} failed with {exit_words(result.status)}", result.last_lines))
            self._stopped(paths, f"{shown} failed with status {result.status}: {last.strip()}", result.seconds)
            return False
        self._effects.problem(Problem(shown))
        steps.append(f"{shown} {duration(result.seconds)}")
        return True

    def _failed(self, paths: tuple[str, ...], shown: str, reason: str, seconds: float) -> None:
        self._effects.problem(Problem(shown, f"{shown} {reason}"))
        self._stopped(paths, f"{shown} {reason}", seconds)

    async def _restarted(self, paths: tuple[str, ...], steps: list[str], started: float) -> bool:
        """Restart the service; note the steps or say why the chain ends here."""
        steps.append("restart")
        try:
            async with asyncio.timeout(self._restart_deadline):
                ready = await self._effects.restart()
            reason = "it did not become ready"
        except TimeoutError:
            ready, reason = False, "it neither became ready nor failed, given up"
        except DevserveError as error:
            ready, reason = False, str(error)
        if not ready:
            self._stopped(paths, " → ".join([*steps, reason]), perf_counter() - started)
            return False
        steps.append("ready")
        return True

    def _outcome(self, found: Group) -> Outcome:
        return Outcome(self._effects.decide(found.rule, found.paths), found.paths)

    def _oldest(self, paths: Iterable[str]) -> float:
        """Return when the first of these changes was heard of; from here on they are dealt with."""
        now = perf_counter()
        return min((self._heard.pop(path, now) for path in paths), default=now)

    def _tell(self, outcome: Outcome, steps: Sequence[str], started: float) -> None:
        """Tell the pages, and the user what they were told."""
        if outcome.then is not Then.NOTHING:
            count = self._effects.tell(self._service.label, frames(outcome))
            last = Then.RELOAD if outcome.then is Then.RESTART else outcome.then
            steps = [*steps, last.value, browsers(count)]
        if steps:
            line = report(self._service.label, outcome.paths, steps, perf_counter() - started)
            self._loop.call_later(AFTER_TELLING, logger.info, "%s", line)

    def _stopped(self, paths: Sequence[str], reason: str, seconds: float) -> None:
        logger.warning(report(self._service.label, paths, [reason], seconds))
