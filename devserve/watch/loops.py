"""Work that brings itself about: a task that writes a file that starts it again.

Nothing tells who has written a file, so this goes by time. What changes while work goes on, or a moment after it, may
be written by that work or saved by a person; either way the work is done once more. When that happens again and again
without one change from outside, it is a loop, and is stopped. From then on its files are taken for written by the work
whenever they change while that goes on. A change at any other time is a person's: it counts, and the file is trusted
anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from devserve.config.values import Then

MOST_ROUNDS = 4  # of one file: a person who saves it during so many runs in a row, and nothing else, is rare
MOST_RUNS = 8  # of one rule, whatever files: a build whose file names hold hashes writes other ones each time
MOST_KEPT = 2 * MOST_RUNS  # triggers, to tell how a loop goes
MOMENT = 0.1  # seconds in which a change is still heard of after the work that has made it
Key = tuple[str, str, str]  # a service, and a path of it or a rule


@dataclass(frozen=True, slots=True)
class Trigger:
    """A changed file, the rule that it falls under, and what that starts: a task, or a restart."""

    service: str
    path: str
    rule: str  # its patterns
    work: str

    @property
    def place(self) -> tuple[str, str]:
        """The rule and whose it is."""
        return self.service, self.rule


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop that was noticed: how it goes round; the last trigger is the one that is stopped."""

    triggers: tuple[Trigger, ...]

    def __str__(self) -> str:
        """Say what goes round, and what mends it."""
        last = self.triggers[-1]
        if len(self.triggers) > 1:
            steps = ", ".join(f"{each.path} starts {each.work} (rule {each.rule})" for each in self.triggers)
            return f'a loop, stopped here: {steps}. Add ignore = ["{last.path}"] to the rule {last.rule}'
        key = "ignore" if last.work == Then.RESTART else "outputs"
        what = f"while {last.work} goes on, {last.path} changes and starts it again (rule {last.rule})"
        return f'a loop, stopped here: {what}. If it is no source, add {key} = ["{last.path}"] to the rule'


@dataclass(slots=True)
class Run:
    """Work that goes on or has just ended, and what has led to it without a change from outside."""

    service: str
    rounds: Mapping[Key, int]  # how often each file, and each rule, was in that
    triggers: tuple[Trigger, ...]  # the last ones
    ended: float | None = None


class Loops:
    """Notices loops within one service and across several; every time is an argument.

    Tell `heard` of each change that work will follow, `begin` before the work and `end` after it.
    """

    def __init__(self, most_rounds: int = MOST_ROUNDS, most_runs: int = MOST_RUNS, moment: float = MOMENT) -> None:
        self._most_rounds = most_rounds
        self._most_runs = most_runs
        self._moment = moment
        self._runs: list[Run] = []
        self._causes: dict[tuple[str, str], Sequence[Run]] = {}  # of a change not dealt with yet; none: from outside
        self._written: dict[tuple[str, str], frozenset[str]] = {}  # files of loops, and the services whose work it is

    def __repr__(self) -> str:
        return f"<Loops {len(self._runs)} runs, {len(self._written)} files written by what they start>"

    def heard(self, service: str, path: str, now: float) -> bool:
        """Take in a change and tell whether it counts. It does not if what it would start is writing it."""
        change = (service, path)
        self._runs = [run for run in self._runs if run.ended is None or now - run.ended <= self._moment]
        if not self._runs:
            self._written.pop(change, None)
            self._causes[change] = ()
            return True
        if any(run.service in self._written.get(change, ()) for run in self._runs):
            return False
        self._causes.setdefault(change, tuple(self._runs))
        return True

    def forget(self, service: str, paths: Iterable[str]) -> None:
        """Forget changes that lead to nothing."""
        for path in paths:
            self._causes.pop((service, path), None)

    def begin(self, service: str, triggers: Sequence[Trigger]) -> Sequence[Loop]:
        """Begin what these changes lead to, except what goes round in a loop: the loops are returned."""
        rounds, before = self._history(triggers)
        loops: dict[tuple[str, str], Loop] = {}
        for trigger in triggers:
            if self._goes_round(trigger, rounds):
                loops.setdefault(trigger.place, Loop(last_round(before, trigger)))
        for loop in loops.values():
            services = frozenset(each.service for each in loop.triggers)
            stopped = [trigger for trigger in triggers if trigger.place == loop.triggers[-1].place]
            self._written |= {(each.service, each.path): services for each in (*loop.triggers, *stopped)}
        self.forget(service, [trigger.path for trigger in triggers])
        begun = [trigger for trigger in triggers if trigger.place not in loops]
        if begun:
            for key in {key for trigger in begun for key in keys(trigger)}:
                rounds[key] = rounds.get(key, 0) + 1
            self._runs.append(Run(service, rounds, (*before, *begun)[-MOST_KEPT:]))
        return tuple(loops.values())

    def end(self, service: str, now: float) -> None:
        """Note that what `begin` has begun for a service is over."""
        for run in self._runs:
            if run.service == service and run.ended is None:
                run.ended = now

    def _history(self, triggers: Sequence[Trigger]) -> tuple[dict[Key, int], tuple[Trigger, ...]]:
        """Return what has led to these changes; nothing when one of them came from outside."""
        causes = [self._causes.get((trigger.service, trigger.path), ()) for trigger in triggers]
        rounds: dict[Key, int] = {}
        before: tuple[Trigger, ...] = ()
        if not all(causes):
            return rounds, before
        for run in (run for cause in causes for run in cause):
            before = max(before, run.triggers, key=len)
            for key, count in run.rounds.items():
                rounds[key] = max(count, rounds.get(key, 0))
        return rounds, before

    def _goes_round(self, trigger: Trigger, rounds: Mapping[Key, int]) -> bool:
        of_file, of_rule = (rounds.get(key, 0) for key in keys(trigger))
        return of_file >= self._most_rounds or of_rule >= self._most_runs


def keys(trigger: Trigger) -> tuple[Key, Key]:
    """Return what is counted of a trigger: its file, and its rule."""
    return (trigger.service, "file", trigger.path), (trigger.service, "rule", trigger.rule)


def last_round(before: Sequence[Trigger], last: Trigger) -> tuple[Trigger, ...]:
    """Return one trigger of each rule since the one that is back now, which comes last."""
    found: dict[tuple[str, str], Trigger] = {}
    for trigger in reversed(before):
        if trigger.place == last.place:
            break
        found.setdefault(trigger.place, trigger)
    return (*reversed(found.values()), last)
