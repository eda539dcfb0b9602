"""What runs: each service's process, its watched files, and its chain from save to browser."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from devserve.config.values import Then
from devserve.fleet import Planned
from devserve.io.announcer import Announcer
from devserve.io.burst import Effects
from devserve.io.chain import Chain
from devserve.io.contents import Contents
from devserve.io.envfile import read_env_file
from devserve.io.gitlock import GitLock
from devserve.io.livereload import LiveSockets
from devserve.io.livereload_relay import Relay
from devserve.io.node import path_with_programs
from devserve.io.notices import Notices
from devserve.io.processes import TaskResult, run_task
from devserve.io.restarts import Restartable, Restarts
from devserve.io.services import RunningService
from devserve.io.tasks import spawn
from devserve.io.warden import Warden
from devserve.io.watcher import Watcher, read_ignored
from devserve.live.rules import reload_messages
from devserve.live.why import Record, Records, Step, What
from devserve.plugins import Hooks
from devserve.run.command import Command, command_for, task_for
from devserve.run.dev_servers import variables_for
from devserve.run.lifecycle import State
from devserve.run.order import start_order
from devserve.watch.loops import Loops

MOMENT = 0.5  # seconds; by then a service that is not ready in time has said so
LOG = logging.getLogger("devserve")


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
        self.running: dict[str, RunningService] = {}
        self._planned: dict[str, Planned] = {}
        self._chains: dict[str, ExitStack] = {}
        self._notices: dict[str, Notices] = {}
        self.records = Records()
        self.records.on_record = self._note
        self.restarts = Restarts()
        self._loops = Loops()
        self._tasks: defaultdict[tuple[Path, Sequence[str]], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._live = live
        self._warden = warden
        self._environment = environment
        self._on_line = on_line
        self._watcher = Watcher()

    def __repr__(self) -> str:
        return f"<Supervisor {', '.join(map(repr, self.running.values()))}>"

    def add(self, planned: Planned) -> RunningService:
        """Make one service: its process, not started, and its chain from save to browser."""
        service, hooks = planned.service, planned.hooks
        command = partial(self._command, planned)
        announcer = Announcer(service, hooks, self._live)

        def on_line(_: str, text: str) -> None:
            self._on_line(service.label, text)
            announcer.line(text)

        notices = Notices(service, hooks)

        def on_state(_: str, __: State) -> None:
            announcer.state(running)
            notices.state(running)

        async def task(argv: tuple[str, ...]) -> TaskResult:
            own = task_for(argv, command())
            async with self._tasks[service.root, argv]:
                return await run_task(service.label, own, self._warden, partial(on_line, service.label))

        async def restart() -> Sequence[Step]:
            return await self.restarts.restart(self.restarts.with_dependents(service.label))

        running = RunningService(service, planned.port, command, self._warden, on_line, on_state)
        held = GitLock(service.root).held
        contents = Contents(service.root)

        def altered(paths: Sequence[str]) -> tuple[str, ...]:
            changed = contents.altered(paths)
            return changed if running.ready or running.coming else tuple(paths)  # any save starts one that is down

        decide = partial(hooks.changed, service)
        more = altered, contents.forget, partial(self._live.message, service.label)
        effects = Effects(self._live.tell, task, restart, decide, held, announcer.problem, *more)
        chain = Chain(service, effects, self.records, self._loops)
        tell = partial(self._live.tell, service.label, reload_messages(()))
        self.restarts.add(Restartable(running, announcer.restarting, tell, lambda: chain.restarts))
        ending = ExitStack()
        ending.callback(spawn(chain.run(), f"{service.label}: chain").cancel)
        if service.livereload.relay is not None:
            relay = Relay(service, service.livereload.relay, self._live.tell)
            ending.callback(spawn(relay.run(), f"{service.label}: relay").cancel)
        self._watcher.watch(service.root, read_ignored(service.root, service.watch), chain.changed, service.label)
        known = chain.working(self._watcher.files(service.root))
        ending.callback(spawn(contents.learn(known), f"{service.label}: contents").cancel)
        self._chains[service.label] = ending
        self._planned[service.label] = planned
        self._notices[service.label] = notices
        self.running[service.label] = running
        return running

    def hooks_of(self, name: str) -> Hooks:
        """Return the hooks of a service."""
        return self._planned[name].hooks

    async def start(self) -> None:
        """Start every service once those that it needs are ready; return when all have become ready or failed."""
        starts: dict[str, asyncio.Task[bool]] = {}
        order = start_order([planned.service for planned in self._planned.values()])
        self.restarts.arrange(order)
        for name, needs in order.items():
            needed = [starts[need] for need in needs]
            starts[name] = spawn(self._start_one(self.running[name], needed), f"{name}: start")
        await asyncio.gather(*starts.values())

    @property
    def is_hopeful(self) -> bool:
        """Whether a service answers, or may do so by itself, by a save or an order, or by what stands in for it."""
        return any(
            running.ready
            or running.coming
            or running.state in {State.STOPPING, State.STOPPED}
            or running.service.fallback is not None
            or any(rule.then is Then.RESTART for rule in running.service.watch)
            for running in self.running.values()
        )

    def kill(self) -> None:
        """End every service without its grace."""
        for running in self.running.values():
            running.kill()

    async def stop(self) -> None:
        """End the chains, then every service. Returns when nothing of them runs."""
        for chain in self._chains.values():
            chain.close()
        try:
            await asyncio.gather(*(running.stop() for running in self.running.values()))
            await asyncio.gather(*(notices.close() for notices in self._notices.values()))
        finally:
            self._watcher.stop()

    def _note(self, record: Record) -> None:
        """Tell plugins that pages were told of a change."""
        for step in record.steps:
            if step.what is What.TELL and step.service in self._notices:
                self._notices[step.service].reloaded(record.files, step.browsers)

    def _command(self, planned: Planned) -> Command:
        service = planned.service
        env_file = read_env_file(service.env_file)
        color = "NO_COLOR" not in os.environ
        extra = {
            **self._environment,
            **variables_for(service),
            **path_with_programs(service.root / (service.cwd or ""), os.environ),
        }
        command = command_for(service, planned.port, os.environ, extra, env_file, color=color)
        return planned.hooks.command(service, command)

    async def _start_one(self, running: RunningService, needed: Sequence[asyncio.Task[bool]]) -> bool:
        """Start a service once the starts of those that it needs have ended, well or not; tell whether it is ready."""
        if not all(await asyncio.gather(*needed)):
            LOG.warning("%s: started although not all that it needs is ready", running.service.label)
        running.start()
        return await running.wait_ready(running.service.ready.timeout + MOMENT)
