"""Services that plugins find while devserve runs: each plugin is followed for as long as its hooks are in use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Protocol

from devserve.config.values import Service
from devserve.io.tasks import spawn


class DiscoveryHooks(Protocol):
    """The hooks that find services (plugins.Hooks has them)."""

    discovered: dict[str, Sequence[Service]]  # what each plugin has found last

    def discoveries(self) -> Mapping[str, AsyncIterator[Sequence[Service]]]:
        """Return what each plugin finds, all of it again each time that it changes."""


class Discovery:
    """Keeps up to date what plugins have discovered, and calls `changed` when that is something else than before."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._following: dict[DiscoveryHooks, list[asyncio.Task[None]]] = {}

    def __repr__(self) -> str:
        return f"<Discovery by {sum(map(len, self._following.values()))} plugins>"

    def follow(self, hooks: Collection[DiscoveryHooks]) -> None:
        """Follow the plugins of these hooks from now on, and of no others."""
        for gone in [each for each in self._following if each not in hooks]:
            for task in self._following.pop(gone):
                task.cancel()
        for each in hooks:
            if each not in self._following:
                self._following[each] = [
                    spawn(self._follow(each, name, found), f"discover: {name}")
                    for name, found in each.discoveries().items()
                ]

    async def close(self) -> None:
        """Follow nobody any more."""
        tasks = [task for following in self._following.values() for task in following]
        self.follow(())
        if tasks:
            await asyncio.wait(tasks)

    async def _follow(self, hooks: DiscoveryHooks, name: str, found: AsyncIterator[Sequence[Service]]) -> None:
        async for services in found:
            if tuple(services) != tuple(hooks.discovered.get(name, ())):
                hooks.discovered[name] = tuple(services)
                self._changed()
