"""What becomes of a service, told to its pages: it is back, it is down, its build has failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from devserve.config.values import Service
from devserve.io.live.livereload import LiveSockets
from devserve.io.run.services import RunningService
from devserve.live.problems import MOST_LINES, START, Problem
from devserve.live.protocol import reload
from devserve.run.lifecycle import State, in_its_place
from devserve.run.lines import plain

DETAILS = 0.08  # seconds of silence after which what a tool says about its mistake is complete
DOWN = frozenset({State.EXITED, State.BACKING_OFF})
LOG = logging.getLogger("devserve")


class OutputHooks(Protocol):
    """The hook that reads output (plugins.Hooks has it)."""

    reads_output: bool

    def output(self, service: Service, line: str) -> Problem | None:
        """Return the problem that a line tells of, or its end."""


class Announcer:
    """Tells one service's pages. `state` and `line` are called for whatever happens to it."""

    def __init__(self, service: Service, hooks: OutputHooks, live: LiveSockets) -> None:
        self._service = service
        self._hooks = hooks
        self._live = live
        self._restarts = 0  # that a chain waits for, and tells of itself
        self._open: Problem | None = None  # its details are still coming
        self._details: list[str] = []
        self._shown: set[str] = set()  # keys of problems
        self._said = ""  # the last title in the terminal: not every page can show it, as an answer to a POST
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Announcer {self._service.label}>"

    @contextmanager
    def restarting(self) -> Iterator[None]:
        """Leave it to the caller to tell the pages when the service is ready."""
        self._restarts += 1
        try:
            yield
        finally:
            self._restarts -= 1

    def state(self, running: RunningService) -> None:
        """Take note of where the service stands now."""
        name = self._service.label
        if running.state is State.READY:
            self._live.problem(name, Problem(START))
            # A page that is open shows what was before, or that the service is not there.
            self._live.ready(name, () if self._restarts else (reload("/", live_css=False, live_image=False),))
        elif running.state in DOWN:
            title = running.problem or f"{name} is {running.condition}"
            title = f"{title} {in_its_place(self._service, running.state)}".rstrip()
            self._live.problem(name, Problem(START, title, tuple(running.last_lines)))

    def end(self) -> None:
        """Take away what tasks and output have shown: nobody will say that it is mended."""
        self._open = None
        self._close()
        for key in tuple(self._shown):
            self.problem(Problem(key))

    def problem(self, problem: Problem) -> None:
        """Show what a task could not do, or that it now could."""
        if problem.is_mended:
            self._shown.discard(problem.key)
        else:
            self._shown.add(problem.key)
        self._live.problem(self._service.label, problem)

    def line(self, text: str) -> None:
        """Take in a line of output; what follows a mistake is its details."""
        if not self._hooks.reads_output:
            return
        said = plain(text)
        found = self._hooks.output(self._service, said)
        if found is not None:
            self._close()
            if found.is_mended:
                self.problem(found)
            else:
                self._open, self._details = found, list(found.lines)
            if found.title and found.title != self._said:
                LOG.warning("%s: %s", self._service.label, found.title)
            self._said = found.title
        elif self._open is not None and len(self._details) < MOST_LINES:
            self._details.append(said)
        if self._open is not None:
            self._wait()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(DETAILS, self._close)

    def _close(self) -> None:
        """Show the problem whose details have come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._open is not None:
            self.problem(replace(self._open, lines=tuple(self._details)))
            self._open = None
