"""What plugins are told of a service: it is ready, has ended, was reloaded. Nothing waits for what they do then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Protocol

from devserve.config.values import Service
from devserve.io.run.services import RunningService
from devserve.io.tasks import spawn
from devserve.plugins.caller import RAISED, NotReturnedError
from devserve.run.lifecycle import State

DEADLINE = 10.0  # seconds for one async hook
AT_THE_END = 1.0  # seconds for those that still run when devserve ends

Wait = Callable[[Awaitable[object]], Awaitable[object]]


class NoticeHooks(Protocol):
    """The hooks that are told of something (plugins.Hooks has them)."""

    takes_notice: bool

    async def ready(self, service: Service, wait: Wait) -> None:
        """Tell that it answers."""

    async def exit(self, service: Service, status: int, wait: Wait) -> None:
        """Tell that its process has ended."""

    async def reloaded(self, service: Service, paths: Sequence[str], browsers: int, wait: Wait) -> None:
        """Tell that its pages were told of a change."""


async def within(awaitable: Awaitable[object], seconds: float = DEADLINE) -> object:
    """Return what an async hook returns. One that takes longer is cancelled and left behind, even if it does not end.

    Raises:
        NotReturnedError: it took longer.
    """
    raised: list[BaseException] = []  # kept from the task, which would take it for a mistake of devserve's

    async def result() -> object:
        try:
            return await awaitable
        except RAISED as error:
            raised.append(error)
            return None

    task = spawn(result(), "hook")
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()  # of one that is done this means nothing
    if not done:
        raise NotReturnedError(f"has not returned within {seconds:g} seconds and is left behind; have it end sooner")
    if raised:
        raise raised[0]
    return task.result()


class Notices:
    """Tells the plugins of one service, of one thing after the other."""

    def __init__(self, service: Service, hooks: NoticeHooks, exits: int = 0) -> None:
        """Tell of a service whose process has ended so often already."""
        self._service = service
        self._hooks = hooks
        self._exits = exits
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Notices of {self._service.label}, {len(self._tasks)} running>"

    def state(self, running: RunningService) -> None:
        """Take note of where the service stands now."""
        if not self._hooks.takes_notice:
            return
        if running.exits > self._exits:
            self._exits = running.exits
            self._tell(self._hooks.exit(self._service, running.exit_status, within))
        if running.state is State.READY:
            self._tell(self._hooks.ready(self._service, within))

    def reloaded(self, paths: Sequence[str], browsers: int) -> None:
        """Take note that pages were told of a change."""
        if self._hooks.takes_notice:
            self._tell(self._hooks.reloaded(self._service, paths, browsers, within))

    async def close(self) -> None:
        """Let what is being told come to its end, but not for long."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=AT_THE_END)
            for task in late:
                task.cancel()

    def _tell(self, notice: Coroutine[object, object, None]) -> None:
        async def in_turn() -> None:
            async with self._turn:
                await notice

        task = spawn(in_turn(), f"{self._service.label}: notice")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
