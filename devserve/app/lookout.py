"""Answers the dashboards of other terminals by the control socket: what there is to see here, requests sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping

from devserve.app.orders import Orders, accompanied
from devserve.app.shown_plugins import ShownPlugins
from devserve.app.sight import Sight
from devserve.dashboard.elsewhere import OWN
from devserve.dashboard.news import Onlooker
from devserve.hub.orders import Order, Verb
from devserve.hub.pieces import pieces_of
from devserve.io.hub.control import Say
from devserve.io.tasks import spawn

TICK = 0.5  # seconds between two news
PATIENCE = 30.0  # seconds for an onlooker to take what it is told


class Lookout:
    """Takes what others ask of this devserve: to be shown something, or an order."""

    def __init__(self, sight: Sight, plugins: ShownPlugins, orders: Orders) -> None:
        self._sight = sight
        self._plugins = plugins
        self._orders = orders

    def __repr__(self) -> str:
        return f"<Lookout at {self._sight!r}>"

    async def carry_out(self, order: Order, say: Say) -> None:
        """Show or do what is asked, and say what comes of it.

        Raises:
            DevserveError: it cannot be shown or done.
        """
        match order.verb:
            case Verb.LOOK:
                await self._look(say)
            case Verb.EXCHANGE:
                await _tell(self._sight.exchange(order.number), say)
            case Verb.EXCHANGES:
                await _tell_of("entries", self._sight.entries(order.names), say)
            case Verb.REPLAY:
                await _tell_of("status", self._sight.replay(order.number), say)
            case Verb.PANELS:
                await _tell_of("repositories", self._plugins.repositories(), say)
            case Verb.CERTIFICATES:
                await _tell({"certificates": self._sight.certificates()}, say)
            case _:
                await self._orders.carry_out(order, say)

    async def _look(self, say: Say) -> None:
        """Tell what is new until the other side leaves; one that reads nothing for long is let go."""
        onlooker = Onlooker()
        with self._sight.looking():
            while True:
                try:
                    async with asyncio.timeout(PATIENCE):
                        await _tell(onlooker.news({"": self._sight}), say)
                except TimeoutError as error:
                    raise ConnectionAbortedError("an onlooker takes nothing any more") from error
                await asyncio.sleep(TICK)


async def _tell_of(what: str, finding: Coroutine[object, object, object], say: Say) -> None:
    """Tell what is found, and while that takes time that it goes on: who asks does not wait long for a word."""
    task = spawn(finding, f"lookout: {what}")
    try:
        await _tell({what: await accompanied(task, say, OWN, lambda: what)}, say)
    finally:
        task.cancel()


async def _tell(document: Mapping[str, object], say: Say) -> None:
    for piece in pieces_of(document):
        await say(piece)
