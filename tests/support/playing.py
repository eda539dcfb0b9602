"""A service for who restarts services: it does as a test says."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

from devserve.config.values import Service
from devserve.io.run.restarts import Restartable
from devserve.run.lifecycle import State


class Playing:
    """A service that restarts when it is let, and notes in `log` what happens to it."""

    def __init__(self, root, name, needs, log):
        self.service = Service(name, root, f"{name}.test", needs=tuple(needs.split()))
        self.log = log
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.is_ready = True
        self.error = None
        self.ahead = False
        self.state = State.READY

    async def restart(self):
        self.log.append(f"{self.service.name} restarts")
        await asyncio.sleep(0)
        await self.go_on.wait()
        if self.error:
            raise self.error

    async def wait_ready(self, seconds):
        assert seconds == self.service.ready.timeout
        return self.is_ready

    def restartable(self):
        @contextmanager
        def restarting():
            yield

        def tell():
            self.log.append(f"{self.service.name} told")
            return 1

        return Restartable(self, restarting, tell, lambda: self.ahead)
