"""A running chain and its surroundings."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from contextlib import asynccontextmanager

from devserve.config.values import Service, Then
from devserve.io.run.burst import Effects
from devserve.io.run.chain import Chain
from devserve.io.run.processes import TaskResult
from devserve.live.rules import Outcome, reload_messages
from devserve.live.why import Records, Step, What


class World:
    """A service's surroundings: records what a chain does, and answers as a test says."""

    def __init__(self, root):
        self.root = root
        self.told = []  # a tuple of paths for each call
        self.tasks = []
        self.problems = []
        self.restarts = 0
        self.running = 0
        self.most_running = 0
        self.go_on = asyncio.Event()  # tasks and restarts wait for it
        self.go_on.set()
        self.result = TaskResult(0, 0.4)
        self.during = lambda: None  # called while a task or a restart goes on
        self.not_ready = ""  # why
        self.altered = lambda paths: paths
        self.forgotten = []
        self.records = Records()
        self.messages = []
        self.decide = lambda rule, _: rule.then  # or an Outcome
        self.git_is_busy = False
        self.held = lambda: self.git_is_busy

    def effects(self):
        return Effects(
            tell=lambda service, frames: self.tell(service, frames),
            run_task=self.run_task,
            restart=self.restart,
            decide=self._decide,
            held=lambda: self.held(),
            problem=self.problems.append,
            altered=lambda paths: self.altered(paths),
            forget=self.forgotten.extend,
            message=self.messages.append,
        )

    def _decide(self, rule, paths):
        found = self.decide(rule, paths)
        return found if isinstance(found, Outcome) else Outcome(found, paths)

    def tell(self, service, frames):
        assert service == "web"
        self.told.append(tuple(json.loads(frame)["path"] for frame in frames))
        return 2

    async def run_task(self, command):
        self.tasks.append(command)
        self.running += 1
        self.during()
        self.most_running = max(self.most_running, self.running)
        try:
            await self.go_on.wait()
        finally:
            self.running -= 1
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    async def restart(self):
        self.restarts += 1
        self.during()
        await self.go_on.wait()
        steps = [Step(What.RESTART, 0.1, "web"), Step(What.READY, 0.2, "web", problem=self.not_ready)]
        if not self.not_ready:
            count = self.tell("web", reload_messages(()))
            steps.append(Step(What.TELL, 0.0, "web", then=Then.RELOAD, browsers=count))
        return steps

    def save(self, chain, *names):
        for name in names:
            (self.root / name).write_text("x")
            chain.changed(name)


@asynccontextmanager
async def chain_of(root, *rules, **more):
    """A running chain and its world."""
    world = World(root)
    chain = Chain(Service("web", root, "web.test", watch=rules), world.effects(), world.records, **more)
    running = asyncio.get_running_loop().create_task(chain.run())
    try:
        yield chain, world
        assert not running.done(), running
    finally:
        running.cancel()
        await asyncio.wait([running])


def playing(*rules, **more):
    """Let a scenario take a chain of these rules and its world."""

    def decorate(scenario):
        def test(tmp_path, caplog):
            caplog.set_level(logging.INFO, logger="devserve")

            async def play():
                async with chain_of(tmp_path, *rules, **more) as (chain, world):
                    await scenario(chain, world, Lines(caplog))

            asyncio.run(play())

        test.__name__ = scenario.__name__
        return test

    return decorate


class Lines:
    """What was logged, with every time as `T`."""

    def __init__(self, caplog):
        self.caplog = caplog

    def __eq__(self, expected):
        return [re.sub(r"[\d.]+ m?s\b", "T", record.message) for record in self.caplog.records] == expected

    def __repr__(self):
        return repr([record.message for record in self.caplog.records])
