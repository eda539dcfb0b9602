"""A person at the terminal while devserve runs: the status line that is shown, the keys that are pressed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Protocol

from devserve.io.browser import open_page
from devserve.io.run.keys import Keys, open_terminal
from devserve.io.run.restarts import Restarts
from devserve.io.run.services import RunningService
from devserve.io.tasks import spawn
from devserve.live.report import last, restarts, tree
from devserve.live.why import Record, Records
from devserve.run.keys import HELP, Order, Pressed, press, question
from devserve.run.lifecycle import State
from devserve.run.status import LONG, Standing, Status

STDIN = 0
MOST_OF_TASK = 30  # characters of it in the line
TICK = 0.25  # seconds between two looks at what the line is to say


class LiveReport(Protocol):
    """The part of the terminal that changes in place."""

    @property
    def is_live(self) -> bool:
        """Whether a status line can be shown, and a person may press keys."""

    def status(self, status: Status | None) -> None:
        """Show a line below all that is printed, or take it away."""

    def redraw(self) -> None:
        """Draw that line anew."""

    def flush(self) -> None:
        """Wait until all that was shown is on the terminal."""

    def note(self, text: str, style: str = "") -> None:
        """Print a sentence."""


class Running(Protocol):
    """What runs (the supervisor)."""

    running: dict[str, RunningService]
    restarts: Restarts
    records: Records


class Attended:
    """Shows where the services stand, and does what keys ask for."""

    def __init__(
        self,
        running: Running,
        report: LiveReport,
        overview: Callable[[], str],
        end: Callable[[], None],
        open_page: Callable[[str], bool] = open_page,
    ) -> None:
        """`overview` returns the URL to open; `end` ends devserve; `open_page` returns whether it could."""
        self._running = running.running
        self._restarts = running.restarts
        self._records = running.records
        self._report = report
        self._overview = overview
        self._end = end
        self._open_page = open_page
        self._asked: str | None = None
        self._since: dict[str, tuple[State, float]] = {}

    def __repr__(self) -> str:
        return f"<Attended {len(self._running)} services{', a question is open' if self._asked is not None else ''}>"

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the line and read keys for as long as the block lasts; without a terminal, do nothing.

        The line without keys would promise help that does not come.
        """
        terminal = open_terminal(STDIN) if self._report.is_live else None
        if terminal is None:
            yield
            return
        keys = Keys(terminal, self.press, self._suspend, self._report.redraw)
        ticking = spawn(self._tick(keys), "status line")
        try:
            yield
        finally:
            ticking.cancel()
            self._leave()
            keys.close()

    def press(self, key: str) -> None:
        """Do what a key asks for."""
        pressed = press(self._asked, key, tuple(self._running))
        self._asked = pressed.asked
        self._report.status(self.status())
        self._do(pressed)

    def status(self) -> Status:
        """Return what the line is to say now."""
        record = self._last_record
        long, short = last(record) if record else ("", "")
        asked = question(self._asked, tuple(self._running)) if self._asked is not None else ""
        return Status(tuple(self._standings()), *self._doing(), long, short, asked)

    async def open(self) -> None:
        """Open the dashboard in a browser, or say where it is."""
        url = self._overview()
        if not await asyncio.to_thread(self._open_page, url):
            self._report.note(f"there is no browser to open here; the page is {url}")

    def _do(self, pressed: Pressed) -> None:
        match pressed.order:
            case Order.RESTART:
                spawn(self._restart(pressed.names), "restart")
            case Order.OPEN:
                spawn(self.open(), "open")
            case Order.WHY:
                self._why()
            case Order.QUIT:
                self._end()
            case Order.HELP:
                self._say(HELP)

    async def _restart(self, names: Sequence[str]) -> None:
        self._say(restarts(await self._restarts.restart(names)))

    @property
    def _last_record(self) -> Record | None:
        return next(reversed(self._records.records()), None)

    def _why(self) -> None:
        record = self._last_record
        self._report.note(tree(record) if record else "nothing has been saved yet")

    def _say(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._report.note(line)

    def _standings(self) -> Iterator[Standing]:
        now = perf_counter()
        for name, running in self._running.items():
            state, since = self._since.get(name, (running.state, now))
            if state is not running.state:
                since = now
            self._since[name] = running.state, since
            yield Standing(name, running.state, float(int(now - since)))

    def _doing(self) -> tuple[str, str]:
        """Return the task that has taken the longest, once that is long; and the same in fewer words."""
        now = perf_counter()
        for since, name, what in sorted((each.since, name, each.doing) for name, each in self._records.busy.items()):
            if now - since >= LONG:
                return f"{name}: {shorten(what)} {now - since:.0f} s", f"{name} task {now - since:.0f} s"
        return "", ""

    async def _tick(self, keys: Keys) -> None:
        """Keep the line up to date; in the background the terminal is another's."""
        while True:
            self._report.status(self.status() if keys.are_read else None)
            await asyncio.sleep(TICK)

    def _suspend(self) -> None:
        """Leave the terminal to the shell: nothing is written once devserve is stopped."""
        self._leave()
        self._report.flush()

    def _leave(self) -> None:
        self._report.status(None)


def shorten(task: str) -> str:
    """Return a task's words, or the beginning of them."""
    return task if len(task) <= MOST_OF_TASK else f"{task[:MOST_OF_TASK]}…"
