"""The services of this user's other devserves, asked by their control sockets while somebody looks."""

from __future__ import annotations

import os
from pathlib import Path

from devserve.errors import DevserveError
from devserve.hub.choice import Known
from devserve.hub.orders import Answer, Order
from devserve.io.hub.ask import ask, find

SECONDS = 1.0  # for one of them to say how its services stand; a stopped one must not keep the others waiting


class Neighbours:
    """What runs in other terminals, as it was when they were asked last."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder of the control sockets; None: there are no others."""
        self._folder = folder
        self.known: tuple[Known, ...] = ()

    def __repr__(self) -> str:
        return f"<Neighbours with {len(self.known)} services>"

    async def look(self) -> None:
        """Ask each of them; what gives no answer in time has no services."""
        if self._folder is None:
            return
        try:
            found = await find(self._folder, SECONDS)
        except DevserveError:  # the folder is another user's: said when devserve was started
            self.known = ()
            return
        self.known = tuple(each for each in found.known if each.devserve != os.getpid())

    async def order(self, pid: int, order: Order) -> list[Answer]:
        """Give one of them an order and return its answers.

        Raises:
            DevserveError: it does not run any more, refuses, or is silent for too long.
        """
        answers: list[Answer] = []
        if self._folder is not None:
            await ask(self._folder, pid, order, answers.append)
        return answers
