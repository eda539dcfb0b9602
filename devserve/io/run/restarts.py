"""Restarts of services: each with what depends on it, in the order of their needs, each ready before the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

from devserve.config.values import Service, Then
from devserve.errors import DevserveError
from devserve.io.run.services import RunningService
from devserve.live.why import Step, What
from devserve.run.lifecycle import State
from devserve.run.order import dependents

MARGIN = 10.0  # seconds beside what the service may take to stop and to become ready
Asked: TypeAlias = "asyncio.Future[Sequence[Step] | None]"  # None: it was given up before it began
MOST_AHEAD = 60.0  # seconds; a task before a restart may take long, and the restart that waits for it is a save too
BETWEEN = 0.01  # seconds between two looks at whether a save still waits


@dataclass(frozen=True, slots=True)
class Restartable:
    """A service that can be restarted.

    `restarting` surrounds a restart whose pages are told by it; `tell` tells them and returns their number.
    `ahead` says whether a saved file of the service waits that will restart it.
    """

    running: RunningService
    restarting: Callable[[], AbstractContextManager[None]]
    tell: Callable[[], int]
    ahead: Callable[[], bool]


class Restarts:
    """Restarts what it is asked to. What is asked for twice before it has begun is done once, for both.

    A service waits until nothing that it needs is being restarted or is about to be. All go through the services in one
    order, so they never wait for each other in a circle.
    """

    def __init__(self) -> None:
        self._services: dict[str, Restartable] = {}
        self._order: Mapping[str, tuple[str, ...]] = {}
        self._asked: dict[str, Asked] = {}  # not begun yet
        self._begun: dict[str, asyncio.Future[None]] = {}

    def __repr__(self) -> str:
        return f"<Restarts {len(self._begun)} begun, {len(self._asked)} waiting>"

    def add(self, restartable: Restartable) -> None:
        """Take in a service."""
        self._services[restartable.running.service.label] = restartable

    def remove(self, name: str) -> None:
        """Forget a service. Who waits for its restart waits no longer, or restarts what is in its place by then."""
        self._services.pop(name, None)

    def arrange(self, order: Mapping[str, tuple[str, ...]]) -> None:
        """Take note of the order of all services, as `run.order.start_order` returns it."""
        self._order = order

    def with_dependents(self, name: str) -> tuple[str, ...]:
        """Return a service and those that need it, in their order."""
        return (name, *(each for each in dependents(self._order).get(name, ()) if each in self._services))

    async def restart(self, names: Iterable[str]) -> Sequence[Step]:
        """Restart services in their order, tell the pages of each that is ready, and return the steps of that.

        Of one that does not become ready the last step has the problem; what needs it is left as it is.
        """
        wanted = self._services.keys() & set(names)
        order = [name for name in (*self._order, *sorted(wanted.difference(self._order))) if name in wanted]
        # Whatever is asked for already begins after what is asked for now: it waits for what it needs.
        theirs = {name: self._asked[name] for name in order if name in self._asked}
        ours = {name: self._ask(name) for name in order if name not in theirs}
        steps: list[Step] = []
        failed: set[str] = set()
        try:
            for name in order:
                if failed & self._needed(name) or name not in self._services:
                    self._give_up(name, ours.get(name))
                    continue
                done = await self._joined(name, theirs.get(name))
                if done is None:
                    asked = ours[name] = ours.get(name) or self._ask(name)
                    done = await self._one(name, asked)
                steps += done
                if any(step.problem for step in done):
                    failed.add(name)
        finally:
            for name, future in ours.items():
                self._give_up(name, future)
        return steps

    def _ask(self, name: str) -> Asked:
        future = self._asked[name] = asyncio.get_running_loop().create_future()
        return future

    def _give_up(self, name: str, future: Asked | None) -> None:
        """Leave a service to who else has asked for it, unless it is done."""
        if future is None or future.done():
            return
        if self._asked.get(name) is future:
            del self._asked[name]
        future.set_result(None)

    async def _joined(self, name: str, theirs: Asked | None) -> Sequence[Step] | None:
        """Wait for a restart that others have asked for; None when there is none, or all of them gave up."""
        while theirs is not None:
            if (done := await asyncio.shield(theirs)) is not None:
                return done
            theirs = self._asked.get(name)
        return None

    async def _one(self, name: str, asked: Asked) -> Sequence[Step]:
        """Restart one service when it is its turn."""
        await self._turn(name)
        del self._asked[name]
        begun = self._begun[name] = asyncio.get_running_loop().create_future()
        try:
            restartable = self._services.get(name)  # it may have gone, or another one may be in its place
            done = await restarted(restartable) if restartable is not None else ()
        finally:
            del self._begun[name]
            begun.set_result(None)
        asked.set_result(done)
        return done

    async def _turn(self, name: str) -> None:
        """Wait until nothing of this is under way: a restart of the service, or of one that it needs."""
        needed = self._needed(name)
        give_up = asyncio.get_running_loop().time() + MOST_AHEAD
        while True:
            if asked := [self._asked[need] for need in needed if need in self._asked]:
                await asyncio.wait(asked)
            elif begun := [self._begun[each] for each in (*needed, name) if each in self._begun]:
                await asyncio.wait(begun)
            elif self._any_ahead(needed) and asyncio.get_running_loop().time() < give_up:
                await asyncio.sleep(BETWEEN)
            else:
                return

    def _any_ahead(self, names: Iterable[str]) -> bool:
        return any(self._services[name].ahead() for name in names if name in self._services)

    def _needed(self, name: str) -> set[str]:
        """Return what a service needs, itself or through others."""
        found, left = set[str](), list(self._order.get(name, ()))
        while left:
            need = left.pop()
            if need not in found:
                found.add(need)
                left += self._order.get(need, ())
        return found


async def restarted(restartable: Restartable, deadline: float | None = None) -> Sequence[Step]:
    """Restart one service, tell its pages when it is ready, and return the steps; the last may have a problem."""
    running = restartable.running
    name = running.service.label
    steps: list[Step] = []
    began, what, problem = perf_counter(), What.RESTART, ""
    try:
        with restartable.restarting():
            async with asyncio.timeout(deadline or longest(running.service)):
                await running.restart()
                steps.append(Step(What.RESTART, perf_counter() - began, name))
                began, what = perf_counter(), What.READY
                if not await running.wait_ready(running.service.ready.timeout):
                    is_stopped = running.state is State.STOPPED
                    problem = f"it is stopped: devserve start {name}" if is_stopped else "it did not become ready"
    except TimeoutError:
        problem = "it neither became ready nor failed, given up"
    except DevserveError as error:
        problem = str(error)
    steps.append(Step(what, perf_counter() - began, name, problem=problem))
    if not problem:
        began = perf_counter()
        count = restartable.tell()
        steps.append(Step(What.TELL, perf_counter() - began, name, then=Then.RELOAD, browsers=count))
    return steps


def longest(service: Service) -> float:
    """Return the seconds that a restart may take."""
    return service.stop.grace + service.ready.timeout + MARGIN
