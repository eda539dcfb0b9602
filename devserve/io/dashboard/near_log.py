"""The output of a service that runs here, as a page of the dashboard is told it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devserve.io.run.services import RunningService


class NearLog:
    """Gives the lines that are kept, then those that come; a service that takes another's place begins anew."""

    def __init__(self, running: Mapping[str, RunningService], service: str) -> None:
        """Take all services that run, as they run now and later, and the name of the one."""
        self._all = running
        self._service = service
        self._running: RunningService | None = None
        self._number = 0

    def __repr__(self) -> str:
        return f"<NearLog {self._service} up to {self._number}>"

    def take(self) -> Sequence[str]:
        """Return the lines that have come since the last time."""
        running = self._all.get(self._service)
        if running is not self._running:
            self._running, self._number = running, 0
        if running is None:
            return ()
        self._number, lines = running.lines_after(self._number)
        return lines

    def close(self) -> None:
        """Nothing goes on that would have to end."""
