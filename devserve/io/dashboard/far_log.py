"""The output of a service that another terminal's devserve runs, as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devserve.errors import DevserveError
from devserve.hub.backlog import Backlog
from devserve.hub.orders import Answer, Line, Order, Verb
from devserve.io.hub.ask import ask
from devserve.io.tasks import spawn

LAST_LINES = 1000  # that are told first


class FarLog:
    """Follows the output from its last lines on; who takes them too seldom misses some, and is told so."""

    def __init__(self, folder: Path, pid: int, service: str) -> None:
        self._service = service
        self._backlog = Backlog()
        self._following = spawn(self._follow(folder, pid), f"dashboard: log of {service}")

    def __repr__(self) -> str:
        return f"<FarLog {self._service} {self._backlog!r}>"

    def take(self) -> Sequence[str]:
        """Return the lines that have come since the last time."""
        return [line.text for line in self._backlog.take()]

    def close(self) -> None:
        """Follow it no more."""
        self._following.cancel()

    async def _follow(self, folder: Path, pid: int) -> None:
        order = Order(Verb.LOGS, (self._service,), lines=LAST_LINES, follow=True)
        try:
            await ask(folder, pid, order, self._hear, None)
        except DevserveError as error:
            self._backlog.add(Line(self._service, f"— {error} —"))

    def _hear(self, answer: Answer) -> None:
        if isinstance(answer, Line):
            self._backlog.add(answer)
