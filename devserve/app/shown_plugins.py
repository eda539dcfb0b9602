"""What the dashboard shows of the plugins of each repository that runs here: hooks, calls, time, their own panels."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence

from devserve.app.supervisor import Supervisor
from devserve.dashboard.panel import Panel
from devserve.io.run.notices import within
from devserve.io.tasks import spawn
from devserve.plugins import Hooks
from devserve.plugins.listing import listed

BETWEEN = 1.5  # seconds in which hooks are not called again, however many look
DEADLINE = 2.0  # seconds for one async hook


class ShownPlugins:
    """Asks plugins for their panels when somebody wants to see them; who asks at about the same time gets the same."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._asking: asyncio.Task[Sequence[Mapping[str, object]]] | None = None
        self._until = 0.0

    def __repr__(self) -> str:
        return f"<ShownPlugins of {self._supervisor!r}>"

    async def repositories(self) -> Sequence[Mapping[str, object]]:
        """Return each repository's plugins and what they show."""
        now = asyncio.get_running_loop().time()
        if self._asking is None or (self._asking.done() and now >= self._until):
            self._asking = spawn(self._ask(), "dashboard: plugins")
        return await asyncio.shield(self._asking)  # who leaves does not take it away from the others

    async def _ask(self) -> Sequence[Mapping[str, object]]:
        hooks = dict.fromkeys(self._supervisor.hooks_of(name) for name in self._supervisor.running)
        found = await asyncio.gather(*map(_repository, hooks))
        self._until = asyncio.get_running_loop().time() + BETWEEN
        return found


async def _repository(hooks: Hooks) -> Mapping[str, object]:
    shown = await hooks.panels(_wait)
    return {
        "id": str(hooks.file),
        "devserve": "",
        "file": str(hooks.file),
        "plugins": [plugin.as_data() for plugin in listed(str(hooks.file), hooks, counted=True)],
        "panels": [_named(plugin, panel) for plugin, panels in shown.items() for panel in panels or ()],
        "failed": [plugin for plugin, panels in shown.items() if panels is None],
    }


def _named(plugin: str, panel: Panel) -> Mapping[str, object]:
    return {"plugin": plugin, **panel.as_data()}


def _wait(awaitable: Awaitable[object]) -> Awaitable[object]:
    return within(awaitable, DEADLINE)
