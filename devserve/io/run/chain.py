"""One service's way from a saved file to the browser: file → settle → task → restart → ready → page."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from time import perf_counter

from devserve.config.values import Service, Then, WatchRule
from devserve.io.run.burst import TASK_DEADLINE, Burst, Effects
from devserve.io.watch.settling import Settling
from devserve.live.rules import Group, Outcome, group, merge, patterns_of, rule_for, takes_work, work_of
from devserve.live.why import Ended, Records
from devserve.watch.loops import Loop, Loops, Trigger
from devserve.watch.patterns import compiled

MOST_READ_AT_ONCE = 20  # files, while everything else waits
UNCHANGED = "no byte of it has changed, so nothing is done"


class Chain:
    """Takes one service's changes in with `changed`; `run` does what takes time and must be running.

    What it does is kept in `records`. `loops` is shared by all chains, as their tasks may start each other.

    Raises `ConfigError` for a pattern that is none.
    """

    def __init__(
        self,
        service: Service,
        effects: Effects,
        records: Records,
        loops: Loops | None = None,
        task_deadline: float = TASK_DEADLINE,
    ) -> None:
        self._service = service
        self._effects = effects
        self._records = records
        self._loops = loops or Loops()
        self._task_deadline = task_deadline
        self._rules = compiled(service.watch)
        self._loop = asyncio.get_running_loop()
        self._settling = Settling(self._take, effects.held)
        self._heard: dict[str, float] = {}  # path to when it was first heard of and not yet dealt with
        self._waiting: dict[str, None] = {}  # settled paths that wait for `run`
        self._wake = asyncio.Event()
        self._busy = False
        self._about_to_restart = False

    def __repr__(self) -> str:
        state = "busy" if self._busy else "idle"
        return (
            f"<Chain {self._service.label} {state}, {len(self._heard)} changes waiting, {len(self._waiting)} settled>"
        )

    @property
    def restarts(self) -> bool:
        """Whether a change that has been heard of will restart the service; no more once that has been asked for.

        What is heard of meanwhile does not count: it waits for this restart, which must not wait for it.
        """
        return self._about_to_restart if self._busy else self._leads_to_restart(self._heard)

    def working(self, paths: Iterable[str]) -> list[str]:
        """Return those of some files whose saves start a task or a restart."""
        return [path for found in group(self._rules, paths) if takes_work(found.rule) for path in found.paths]

    def changed(self, path: str) -> None:
        """Take a change in: tell the page at once, or let it settle first."""
        rule = rule_for(self._rules, path)
        if rule is None:
            return
        if takes_work(rule) and not self._loops.heard(self._service.label, path, self._loop.time()):
            return
        self._heard.setdefault(path, perf_counter())
        if self._settling.leads(path) and self._tell_at_once(rule, path):
            self._settling.told()
        else:
            self._settling.add(path)

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
                self._about_to_restart = self._leads_to_restart(paths)
                self._busy = True
                await self._work(paths)
                self._busy = self._about_to_restart = False
        finally:
            self._busy = self._about_to_restart = False
            self._settling.close()

    def _tell_at_once(self, rule: WatchRule, path: str) -> bool:
        """Tell the page of one change, unless that takes work or the page would not find the file."""
        if takes_work(rule) or self._effects.held():
            return False
        # An editor that moves the old file away first is about to write the new one.
        if not (self._service.root / path).exists():
            return False
        outcome = self._outcome(Group(rule, (path,)))
        if outcome.then is Then.RESTART:
            return False
        self._tell(outcome, (path,), (rule,))
        return True

    def _take(self, paths: tuple[str, ...]) -> None:
        """Tell the page what takes no work, leave the rest to `run`; a burst that does both goes there as one."""
        groups = group(self._rules, paths)
        quick = [found for found in groups if not found.rule.run]
        tasks = any(found.rule.run for found in groups)
        outcome = merge(map(self._outcome, quick))
        if outcome.then is Then.RESTART or (tasks and not self._busy):
            self._leave_to_run(paths)
            return
        self._tell(outcome, [path for found in quick for path in found.paths], [found.rule for found in quick])
        self._leave_to_run(path for found in groups if found.rule.run for path in found.paths)

    def _leave_to_run(self, paths: Iterable[str]) -> None:
        self._waiting.update(dict.fromkeys(paths))
        if self._waiting:
            self._wake.set()

    async def _work(self, paths: tuple[str, ...]) -> None:
        burst = self._burst(paths)
        altered = await self._altered(paths)
        groups = group(self._rules, altered)
        if not groups:
            self._loops.forget(self._service.label, paths)
            burst.end(paths, [found.rule for found in group(self._rules, paths)], Ended.UNCHANGED, UNCHANGED)
            return
        loops = self._loops.begin(self._service.label, self._triggers(groups))
        try:
            done = await self._go_on(burst, _without(loops, groups), altered, loops)
        finally:
            self._loops.end(self._service.label, self._loop.time())
        self._effects.forget([path for path in altered if path not in done])

    async def _altered(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Return the changes that count: of those that start work, the files whose bytes are others than before."""
        work = tuple(self.working(paths))
        in_thread = len(work) > MOST_READ_AT_ONCE
        altered = await asyncio.to_thread(self._effects.altered, work) if in_thread else self._effects.altered(work)
        unaltered = set(work).difference(altered)
        return tuple(path for path in paths if path not in unaltered)

    async def _go_on(
        self, burst: Burst, groups: Sequence[Group], files: Sequence[str], loops: Sequence[Loop]
    ) -> Collection[str]:
        """Run the tasks, then do the strongest of what their rules say; return the files for which all has worked."""
        done: list[Group] = []
        results: dict[tuple[str, ...], bool] = {}
        for found in groups:
            task = found.rule.run
            if task and task not in results:
                results[task] = await burst.task(task, self._task_deadline)
            if not task or results[task]:
                done.append(found)
        outcome = merge(self._outcome(found) for found in done)
        self._about_to_restart = False
        works = True
        if outcome.then is Then.RESTART:
            works = await burst.restart()
        else:
            burst.tell(outcome)
        named = tuple(dict.fromkeys((*outcome.paths, *files)))
        rules = [found.rule for found in group(self._rules, files)]
        burst.end(named, rules, Ended.LOOP if loops else None, "; ".join(map(str, loops)))
        return {path for found in done for path in found.paths} if works else ()

    def _tell(self, outcome: Outcome, paths: Sequence[str], rules: Sequence[WatchRule]) -> None:
        """Tell the pages what takes no work."""
        burst = self._burst(paths)
        burst.tell(outcome)
        burst.end(outcome.paths, rules)

    def _triggers(self, groups: Iterable[Group]) -> list[Trigger]:
        """Return the changes that start work, for who looks for loops."""
        return [
            Trigger(self._service.label, path, patterns_of(found.rule), work_of(found.rule))
            for found in groups
            if takes_work(found.rule)
            for path in found.paths
        ]

    def _leads_to_restart(self, paths: Iterable[str]) -> bool:
        return any(found.rule.then is Then.RESTART for found in group(self._rules, paths))

    def _outcome(self, found: Group) -> Outcome:
        return self._effects.decide(found.rule, found.paths)

    def _burst(self, paths: Iterable[str]) -> Burst:
        """Return what deals with these changes, from when the oldest of them was heard of."""
        now = perf_counter()
        heard = min((self._heard.pop(path, now) for path in paths), default=now)
        return Burst(self._service, self._effects, self._records, heard)


def _without(loops: Sequence[Loop], groups: Sequence[Group]) -> Sequence[Group]:
    stopped = {loop.triggers[-1].rule for loop in loops}
    return [found for found in groups if patterns_of(found.rule) not in stopped]
