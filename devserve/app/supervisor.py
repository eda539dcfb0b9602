"""What runs: each service's process, its watched files, and its chain from save to browser."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from devserve.config.values import Then
from devserve.difference import Difference
from devserve.errors import DevserveError
from devserve.fleet import Planned
from devserve.io.config.node import path_with_programs
from devserve.io.live.announcer import Announcer
from devserve.io.live.livereload import LiveSockets
from devserve.io.live.relay import Relay
from devserve.io.run.burst import Effects
from devserve.io.run.chain import Chain
from devserve.io.run.envfile import read_env_file
from devserve.io.run.notices import Notices
from devserve.io.run.processes import TaskResult, run_task
from devserve.io.run.restarts import Restartable, Restarts
from devserve.io.run.services import RunningService
from devserve.io.run.warden import Warden
from devserve.io.tasks import spawn
from devserve.io.watch.contents import Contents
from devserve.io.watch.gitlock import GitLock
from devserve.io.watch.watcher import Watcher, read_ignored
from devserve.live.rules import reload_messages
from devserve.live.why import Record, Records, Step, What
from devserve.plugins import Hooks
from devserve.run.command import Command, command_for, task_for
from devserve.run.lifecycle import State
from devserve.run.order import start_order
from devserve.watch.loops import Loops

MOMENT = 0.5  # seconds; by then a service that is not ready in time has said so
STOPPED = frozenset({State.STOPPING, State.STOPPED})  # as ordered
LOG = logging.getLogger("devserve")


class Supervised:
    """A service as it runs: its process, and what hears of it, which can be replaced without a new process."""

    def __init__(self, planned: Planned) -> None:
        self.planned = planned
        self.running: RunningService
        self.listening: Listening

    def __repr__(self) -> str:
        return f"<Supervised {self.running!r}>"


@dataclass(frozen=True, slots=True)
class Listening:
    """What hears of a service: its announcer, its plugins, its chain from save to browser, which `ending` ends."""

    announcer: Announcer
    notices: Notices
    restartable: Restartable
    ending: ExitStack


@dataclass(frozen=True, slots=True)
class Change:
    """A difference whose services are made, and take the place of others with `Supervisor.take`."""

    difference: Difference
    made: tuple[tuple[Planned, Supervised, Listening], ...]

    def discard(self) -> None:
        """Give up what is made; all stays as it is."""
        for _, _, listening in self.made:
            listening.ending.close()


class Supervisor:
    """Everything that runs. Services are added; then `start` starts them in the order of their needs."""

    def __init__(
        self,
        live: LiveSockets,
        warden: Warden,
        environment: Mapping[str, str],
        on_line: Callable[[str, str], None],
    ) -> None:
        """Tell pages through `live`, and each line of output to `on_line` with its service's name."""
        self.environment = environment  # what is started from now on has it
        self.watcher = Watcher()
        self.records = Records()
        self.records.on_record = self._note
        self.restarts = Restarts()
        self._loops = Loops()
        self._tasks: defaultdict[tuple[Path, Sequence[str]], asyncio.Lock] = defaultdict(asyncio.Lock)
        self.running: dict[str, RunningService] = {}  # by label; others hold on to it
        self._supervised: dict[str, Supervised] = {}
        self._starts: dict[str, asyncio.Task[bool]] = {}  # the present start of each service
        self._leaving: set[RunningService] = set()  # replaced or removed, not ended yet
        self._live = live
        self._warden = warden
        self._on_line = on_line

    def __repr__(self) -> str:
        return f"<Supervisor {', '.join(map(repr, self.running.values()))}>"

    @property
    def planned(self) -> list[Planned]:
        """The services as they were planned."""
        return [each.planned for each in self._supervised.values()]

    def add(self, planned: Planned) -> RunningService:
        """Make one service: its process, not started, and its chain from save to browser."""
        made = self._make(planned)
        made.listening = self._listen(made, planned)
        self.restarts.add(made.listening.restartable)
        self._supervised[planned.service.label] = made
        self.running[planned.service.label] = made.running
        return made.running

    def hooks_of(self, name: str) -> Hooks:
        """Return the hooks of a service."""
        return self._supervised[name].planned.hooks

    async def start(self) -> None:
        """Start every service once those that it needs are ready; return when all have become ready or failed."""
        order = start_order([planned.service for planned in self.planned])
        self.restarts.arrange(order)
        for name in order:
            self._starts[name] = spawn(self._start_one(self._supervised[name]), f"{name}: start")
        while starting := {each for each in self._starts.values() if not each.done()}:  # a change may add some
            await asyncio.wait(starting)

    def prepare(self, difference: Difference, planned: Sequence[Planned]) -> Change:
        """Make what comes by a difference that leads to this plan. Nothing that runs notices.

        Raises:
            DevserveError: a service cannot be watched, or what it needs is not there; nothing has changed then.
        """
        start_order([each.service for each in planned])
        made: list[tuple[Planned, Supervised, Listening]] = []
        try:
            for each in difference.coming:
                kept = each in difference.changed
                supervised = self._supervised[each.service.label] if kept else self._make(each)
                made.append((each, supervised, self._listen(supervised, each)))
        except DevserveError:
            Change(difference, tuple(made)).discard()
            raise
        return Change(difference, tuple(made))

    async def take(self, change: Change, planned: Sequence[Planned]) -> None:
        """Let what is prepared take its place in the plan. Returns when what it replaces has ended; the rest starts."""
        known, difference = self._supervised, change.difference
        for name in difference.leaving:
            known[name].listening.ending.close()
            self.restarts.remove(name)
        ending = [known[each] for each in (*difference.gone, *(each.service.label for each in difference.restarted))]
        now = {**known, **{each.service.label: supervised for each, supervised, _ in change.made}}
        self._supervised = {each.service.label: now[each.service.label] for each in planned}
        self.running.clear()
        self.running.update((name, each.running) for name, each in self._supervised.items())
        for each in planned:
            now[each.service.label].planned = each
        for each, supervised, listening in change.made:
            supervised.listening = listening
            supervised.running.service = each.service
            self.restarts.add(listening.restartable)
        self.restarts.arrange(start_order([each.service for each in planned]))
        await self._replace(ending, [each.service.label for each in (*difference.new, *difference.restarted)])

    async def _replace(self, ending: Sequence[Supervised], starting: Sequence[str]) -> None:
        """End some services; start others once these are gone, for they may want their ports."""
        stopped = {each.planned.service.label for each in ending if each.running.state in STOPPED}
        self._leaving.update(each.running for each in ending)
        gone = spawn(self._end([each.running for each in ending]), "end what is replaced")
        for name in starting:
            if name in stopped:  # it was ordered to be
                await self.running[name].stop()
            else:
                self._starts[name] = spawn(self._start_one(self._supervised[name], gone), f"{name}: start")
        await asyncio.wait({gone})

    async def _end(self, leaving: Sequence[RunningService]) -> None:
        for running, ended in zip(
            leaving, await asyncio.gather(*(each.stop() for each in leaving), return_exceptions=True), strict=True
        ):
            if isinstance(ended, TimeoutError):
                LOG.error(
                    "%s: its old process does not end; end it with: kill -9 %s", running.service.label, running.pid
                )
            self._leaving.discard(running)

    @property
    def is_hopeful(self) -> bool:
        """Whether a service answers, or may do so by itself, by a save or an order, or by what stands in for it."""
        return any(
            running.ready
            or running.coming
            or running.state in (*STOPPED, State.HELD)
            or running.service.fallback is not None
            or any(rule.then is Then.RESTART for rule in running.service.watch)
            for running in self.running.values()
        )

    def kill(self) -> None:
        """End every service without its grace."""
        for running in (*self.running.values(), *self._leaving):
            running.kill()

    async def stop(self) -> None:
        """End the chains, then every service. Returns when nothing of them runs."""
        for start in self._starts.values():
            start.cancel()
        for each in self._supervised.values():
            each.listening.ending.close()
        try:
            await asyncio.gather(*(running.stop() for running in (*self.running.values(), *self._leaving)))
            await asyncio.gather(*(each.listening.notices.close() for each in self._supervised.values()))
        finally:
            self.watcher.stop()

    def _make(self, planned: Planned) -> Supervised:
        made = Supervised(planned)

        def on_line(name: str, text: str) -> None:
            self._on_line(name, text)
            made.listening.announcer.line(text)

        def on_state(_: str, __: State) -> None:
            made.listening.announcer.state(made.running)
            made.listening.notices.state(made.running)

        def command() -> Command:
            return self._command(made.planned)

        made.running = RunningService(planned.service, planned.port, command, self._warden, on_line, on_state)
        return made

    def _listen(self, supervised: Supervised, planned: Planned) -> Listening:
        """Hear of the service's changes from now on."""
        service, hooks, running = planned.service, planned.hooks, supervised.running
        announcer = Announcer(service, hooks, self._live)

        def on_line(text: str) -> None:
            self._on_line(service.label, text)
            announcer.line(text)

        async def task(argv: tuple[str, ...]) -> TaskResult:
            own = task_for(argv, self._command(planned))
            async with self._tasks[service.root, argv]:
                return await run_task(service.label, own, self._warden, on_line)

        async def restart() -> Sequence[Step]:
            return await self.restarts.restart(self.restarts.with_dependents(service.label))

        contents = Contents(service.root)

        def altered(paths: Sequence[str]) -> tuple[str, ...]:
            changed = contents.altered(paths)
            return changed if running.ready or running.coming else tuple(paths)  # any save starts one that is down

        held = GitLock(service.root).held
        decide = partial(hooks.changed, service)
        more = altered, contents.forget, partial(self._live.message, service.label)
        effects = Effects(self._live.tell, task, restart, decide, held, announcer.problem, *more)
        with ExitStack() as ending:
            ending.callback(announcer.end)
            chain = Chain(service, effects, self.records, self._loops)
            tell = partial(self._live.tell, service.label, reload_messages(()))
            restartable = Restartable(running, announcer.restarting, tell, lambda: chain.restarts)
            ignored = read_ignored(service.root, service.watch)
            ending.callback(self.watcher.watch(service.root, ignored, chain.changed, service.label))
            known = chain.working(self.watcher.files(service.root))
            ending.callback(spawn(contents.learn(known), f"{service.label}: contents").cancel)
            ending.callback(spawn(chain.run(), f"{service.label}: chain").cancel)
            if service.livereload.relay is not None:
                relay = Relay(service, service.livereload.relay, self._live.tell)
                ending.callback(spawn(relay.run(), f"{service.label}: relay").cancel)
            return Listening(announcer, Notices(service, hooks, running.exits), restartable, ending.pop_all())

    def _note(self, record: Record) -> None:
        """Tell plugins that pages were told of a change."""
        for step in record.steps:
            if step.what is What.TELL and step.service in self._supervised:
                self._supervised[step.service].listening.notices.reloaded(record.files, step.browsers)

    def _command(self, planned: Planned) -> Command:
        service = planned.service
        env_file = read_env_file(service.env_file)
        color = "NO_COLOR" not in os.environ
        extra = {
            **self.environment,
            **path_with_programs(service.root / (service.cwd or ""), os.environ),
        }
        command = command_for(service, planned.port, os.environ, extra, env_file, color=color)
        return planned.hooks.command(service, command)

    async def _start_one(self, supervised: Supervised, after: asyncio.Task[None] | None = None) -> bool:
        """Start a service once the starts of those that it needs have ended, well or not; tell whether it is ready."""
        if after is not None:
            await asyncio.wait({after})
        running = supervised.running
        name = running.service.label
        needs = start_order([planned.service for planned in self.planned]).get(name, ())
        needed = [await self._is_ready(need) for need in needs]
        if not all(needed) and running.state is State.WAITING:
            LOG.warning("%s: started although not all that it needs is ready", name)
        running.start()
        return await running.wait_ready(running.service.ready.timeout + MOMENT)

    async def _is_ready(self, name: str) -> bool:
        """Tell whether a service has become ready, or the one that is in its place by then."""
        while (start := self._starts.get(name)) is not None:
            await asyncio.wait({start})
            if self._starts.get(name) is start:
                break
        running = self.running.get(name)
        return running is not None and await running.wait_ready(running.service.ready.timeout + MOMENT)
