"""Carries out what other devserve commands order, with what runs and what answers here."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from functools import partial
from typing import TypeAlias, TypeVar

from devserve.app.gateway import Gateway
from devserve.app.supervisor import MOMENT, Supervisor
from devserve.errors import UsageError
from devserve.hub.orders import Chain, Leads, Line, Order, Outcome, Plugged, Progress, Status, Told, Verb
from devserve.io.hub.control import Say
from devserve.io.hub.followers import Followers
from devserve.io.run.services import RunningService
from devserve.io.tasks import spawn
from devserve.live.report import duration
from devserve.live.rules import reload_messages
from devserve.plugins.listing import listed
from devserve.run.lifecycle import State
from devserve.run.order import start_order

BEAT = 1.0  # seconds between two words about an order that takes time; who gave it waits no longer than 5 s for one
AT_ONCE = 100  # lines in one turn of the loop
WELL = frozenset({State.READY, State.STOPPED})  # as it should be, or as it was ordered
ENDED = frozenset({State.STOPPED, State.STOPPING, State.EXITED, State.BACKING_OFF})

Work: TypeAlias = Callable[[RunningService], Coroutine[object, object, Outcome]]
Came = TypeVar("Came")


class Orders:
    """Takes the orders of one devserve: each of its services is known by its name."""

    def __init__(self, gateway: Gateway, supervisor: Supervisor, followers: Followers) -> None:
        self._gateway = gateway
        self._supervisor = supervisor
        self._followers = followers
        self._verbs: Mapping[Verb, Callable[[Order, Collection[str], Say], Awaitable[None]]] = {
            Verb.STATUS: self._status,
            Verb.LOGS: self._logs,
            Verb.RESTART: partial(self._in_order, work=_restarted),
            Verb.STOP: partial(self._at_once, work=_stopped),
            Verb.START: partial(self._in_order, work=_started),
            Verb.RELOAD: self._reload,
            Verb.WHY: self._why,
            Verb.ROUTES: self._routes,
            Verb.PLUGINS: self._plugins,
        }

    def __repr__(self) -> str:
        return f"<Orders for {', '.join(self._running)}>"

    async def carry_out(self, order: Order, say: Say) -> None:
        """Carry out an order and say what comes of it.

        Raises:
            DevserveError: it cannot be carried out.
        """
        unknown = [name for name in order.names if name not in self._running]
        if unknown:
            raise UsageError(f"{unknown[0]} does not run any more in the devserve with pid {os.getpid()}")
        await self._verbs[order.verb](order, order.names or tuple(self._running), say)

    @property
    def _running(self) -> Mapping[str, RunningService]:
        return self._supervisor.running

    async def _status(self, _: Order, names: Collection[str], say: Say) -> None:
        for running in [self._running[name] for name in names]:
            service = running.service
            await say(
                Status(
                    service.name,
                    service.label,
                    str(service.root),
                    running.shown_state,
                    self._gateway.url(service.host, service.path),
                    running.place,
                    running.shown_port,
                    running.pid,
                    running.uptime,
                    running.restarts,
                    problem=running.pending or ("" if running.state in WELL else running.explanation),
                    columns=tuple(self._supervisor.hooks_of(service.label).status(service).items()),
                )
            )

    async def _logs(self, order: Order, names: Collection[str], say: Say) -> None:
        with self._followers.following(names) as follower:
            for line in self._last_lines(order, names):
                await say(line)
            while order.follow:
                for number, come in enumerate(await follower.lines(), 1):
                    await say(come)
                    if number % AT_ONCE == 0:
                        await asyncio.sleep(0)  # a flood of lines leaves turns of the loop to the proxy

    def _last_lines(self, order: Order, names: Collection[str]) -> list[Line]:
        """Return the services' last lines, in the order in which they came."""
        found = [
            Line(name, text, at)
            for name in names
            for at, text in (self._running[name].timed_lines[-order.lines :] if order.lines else ())
            if at > order.after
        ]
        return sorted(found, key=lambda line: line.at)

    async def _reload(self, order: Order, names: Collection[str], say: Say) -> None:
        for name in names:
            await say(Told(name, self._gateway.live.tell(name, reload_messages(order.files))))

    async def _why(self, order: Order, names: Collection[str], say: Say) -> None:
        records = [record for record in self._supervisor.records.records() if record.service in names]
        for record in records[-order.lines :] if order.lines else ():
            await say(Chain(record.service, json.dumps(record.as_data())))

    async def _plugins(self, _: Order, names: Collection[str], say: Say) -> None:
        for hooks in dict.fromkeys(self._supervisor.hooks_of(name) for name in names):
            for plugin in listed(str(hooks.file), hooks, counted=True):
                await say(Plugged(json.dumps(plugin.as_data())))

    async def _routes(self, order: Order, names: Collection[str], say: Say) -> None:
        for route in self._gateway.site.routes:
            service = route.service
            if service.label in names if service else not order.names:
                await say(
                    Leads(
                        self._gateway.url(route.host, route.path),
                        route.host,
                        route.path,
                        str(route.origin),
                        service.label if service else "",
                        str(service.root) if service else "",
                    )
                )

    async def _at_once(self, order: Order, names: Collection[str], say: Say, *, work: Work) -> None:
        await asyncio.gather(*(self._accompany(self._running[name], work, say) for name in self._own(order, names)))

    async def _in_order(self, order: Order, names: Collection[str], say: Say, *, work: Work) -> None:
        """Do the work for each service once it is done for those that it needs."""
        done: dict[str, asyncio.Task[None]] = {}
        chosen = self._own(order, names)

        async def one(name: str, needs: Collection[str]) -> None:
            await asyncio.gather(*(done[need] for need in needs if need in done))
            running = self._running.get(name)  # by now another one may be in its place
            if running is None:
                await say(Outcome(name, ok=False, text="devserve.toml has it no more"))
            else:
                await self._accompany(running, work, say)

        for name, needs in start_order([running.service for running in self._running.values()]).items():
            if name in chosen:
                done[name] = spawn(one(name, needs), f"{name}: order")
        try:
            await asyncio.gather(*done.values())
        finally:
            for task in done.values():
                task.cancel()

    def _own(self, order: Order, names: Collection[str]) -> list[str]:
        """Return the services that an order is for: those that it names, or all that devserve starts."""
        return [name for name in names if order.names or self._running[name].service.command]

    async def _accompany(self, running: RunningService, work: Work, say: Say) -> None:
        """Do the work for a service, and say where it stands while that takes time. Work that was begun goes on."""
        name = running.service.label
        task = spawn(work(running), f"{name}: order")
        await say(await accompanied(task, say, name, lambda: str(running.state)))


async def accompanied(task: asyncio.Task[Came], say: Say, name: str, stands: Callable[[], str]) -> Came:
    """Return what came of a task, and say where it stands while that takes time. Raises what the task raises."""
    began = _now()
    await asyncio.wait({task}, timeout=0)
    while not task.done():
        await say(Progress(name, stands(), _now() - began))
        await asyncio.wait({task}, timeout=BEAT)
    return task.result()


async def _restarted(running: RunningService) -> Outcome:
    if not running.service.command:
        return _no_process(running, "restart")
    began = _now()
    if running.state in ENDED:
        running.resume()
    else:
        try:
            await running.restart()
        except TimeoutError:
            return _stuck(running)
    return await _came(running, began)


async def _started(running: RunningService) -> Outcome:
    if running.ready and (running.service.command or running.inside):
        return Outcome(running.service.label, ok=True, text="runs already")
    if not running.service.command:
        return _no_process(running, "start")
    running.resume()
    return await _came(running, _now())


async def _stopped(running: RunningService) -> Outcome:
    if not running.service.command:
        return _no_process(running, "stop")
    try:
        await running.stop()
    except TimeoutError:
        return _stuck(running)
    return Outcome(running.service.label, ok=True, text="stopped")


async def _came(running: RunningService, began: float) -> Outcome:
    """Wait until a service is ready, as long as it has, and say whether it is."""
    name = running.service.label
    if await running.wait_ready(running.service.ready.timeout + MOMENT):
        return Outcome(name, ok=True, text=f"ready after {duration(_now() - began)}")
    return Outcome(name, ok=False, text=running.problem.removeprefix(f"{name}: ") or f"it is {running.state}")


def _no_process(running: RunningService, verb: str) -> Outcome:
    return Outcome(running.service.label, ok=False, text=running.nothing_to(verb))


def _stuck(running: RunningService) -> Outcome:
    return Outcome(running.service.label, ok=False, text=f"it has not ended; end it yourself: kill -9 {running.pid}")


def _now() -> float:
    return asyncio.get_running_loop().time()
