"""The user's other devserves, as a dashboard shows them: each tells what is new there while somebody looks."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from devserve.dashboard.elsewhere import Elsewhere
from devserve.errors import DevserveError
from devserve.hub.orders import Answer, Order, Piece, Verb
from devserve.hub.pieces import Pieces
from devserve.io.dashboard.far_log import FarLog
from devserve.io.dashboard.looking import Looking
from devserve.io.hub.ask import Found, ask, find, pids_in
from devserve.io.tasks import spawn

BETWEEN = 1.0  # seconds until it is looked again who has come
SECONDS = 3.0  # in which one of them says something; a stopped one has no services
LOG = logging.getLogger("devserve")


class Neighbours:
    """What runs in other terminals, while somebody looks; `sources` are what each has said last, by their pids."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder of the control sockets; None: there are no others."""
        self._folder = folder
        self.sources: dict[str, Elsewhere] = {}
        self._looking = Looking(self._look, "dashboard: other terminals")

    def __repr__(self) -> str:
        return f"<Neighbours {', '.join(self.sources)}>"

    async def found(self) -> Found:
        """Return the services of all of them, whether somebody looks or not."""
        try:
            return await find(self._folder, SECONDS, os.getpid()) if self._folder is not None else Found()
        except DevserveError as error:  # the folder is another user's
            return Found(problems=(str(error),))

    def looking(self) -> AbstractContextManager[None]:
        """Listen to each of them for as long as the block lasts."""
        return self._looking.by_one()

    async def order(self, devserve: str, order: Order) -> list[Answer]:
        """Give one of them an order and return its answers.

        Raises:
            DevserveError: it does not run any more, refuses, or is silent for too long.
        """
        answers: list[Answer] = []
        await ask(self._place(devserve), int(devserve), order, answers.append)
        return answers

    async def document(self, devserve: str, order: Order) -> Mapping[str, object]:
        """Give one of them an order that it answers with a document. Raises DevserveError as `order` does."""
        pieces = Pieces()
        answers = [each for each in await self.order(devserve, order) if isinstance(each, Piece)]
        return next((found for each in answers if (found := pieces.take(each)) is not None), {})

    async def documents(self, order: Order) -> dict[str, Mapping[str, object]]:
        """Give all of them an order; return the documents of those that answer, by their pids."""
        found: dict[str, Mapping[str, object]] = {}

        async def one(devserve: str) -> None:
            try:
                found[devserve] = await self.document(devserve, order)
            except DevserveError as error:
                LOG.debug("dashboard: %s", error)

        names = tuple(self.sources)
        await asyncio.gather(*map(one, names))
        return {name: found[name] for name in names if name in found}

    def log(self, devserve: str, service: str) -> FarLog:
        """Follow the output of a service of one of them. Raises DevserveError when it does not run."""
        return FarLog(self._place(devserve), int(devserve), service)

    def _place(self, devserve: str) -> Path:
        """Return the folder of a devserve's socket. Raises DevserveError when that one is not known."""
        if self._folder is None or devserve not in self.sources:
            raise DevserveError("the other terminal's devserve does not run any more; load the page again")
        return self._folder

    async def _look(self) -> None:
        hearing: dict[int, asyncio.Task[None]] = {}
        try:
            while True:
                for pid in self._others():
                    if pid not in hearing or hearing[pid].done():
                        hearing[pid] = spawn(self._hear(pid), f"dashboard: devserve {pid}")
                hearing = {pid: task for pid, task in hearing.items() if not task.done()}
                await asyncio.sleep(BETWEEN)
        finally:
            for task in hearing.values():
                task.cancel()
            self.sources.clear()

    def _others(self) -> Sequence[int]:
        try:
            return [pid for pid in pids_in(self._folder) if pid != os.getpid()] if self._folder is not None else ()
        except DevserveError:  # the folder is another user's: said when devserve was started
            return ()

    async def _hear(self, pid: int) -> None:
        """Listen to one of them until it ends, or nobody looks any more."""
        name = str(pid)
        assert self._folder is not None  # there are others
        source, pieces = Elsewhere(name), Pieces()

        def hear(answer: Answer) -> None:
            if isinstance(answer, Piece) and (news := pieces.take(answer)) is not None:
                source.hear(news)
                self.sources[name] = source

        try:
            await ask(self._folder, pid, Order(Verb.LOOK), hear, SECONDS)
        except DevserveError as error:
            LOG.debug("dashboard: %s", error)
        finally:
            if self.sources.get(name) is source:
                del self.sources[name]
