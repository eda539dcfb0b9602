import os

import pytest

from devserve.errors import DevserveError
from devserve.hub.orders import Order, Outcome, Status, Verb
from devserve.io.hub.control import Hub
from devserve.io.hub.neighbours import Neighbours
from support.proxied import run

STATUS = Status("web", "web", "/src", "ready", "https://web.test/", "http://127.0.0.1:3001", 3001, 7)


async def obey(order: Order, say) -> None:
    await say(STATUS if order.verb is Verb.STATUS else Outcome("web", ok=True, text="stopped"))


def test_what_others_run_is_known_after_a_look_and_can_be_ordered(tmp_path):
    async def scene() -> None:
        other = await Hub.listen(tmp_path, 1, obey)
        own = await Hub.listen(tmp_path, os.getpid(), obey)
        neighbours = Neighbours(tmp_path)
        await neighbours.look()
        assert [(known.devserve, known.status) for known in neighbours.known] == [(1, STATUS)]
        assert await neighbours.order(1, Order(Verb.STOP, ("web",))) == [Outcome("web", ok=True, text="stopped")]
        await other.close()
        await neighbours.look()
        assert neighbours.known == ()
        with pytest.raises(DevserveError, match="ended"):
            await neighbours.order(1, Order(Verb.STOP, ("web",)))
        await own.close()

    run(scene())


def test_without_a_folder_there_are_none():
    async def scene() -> None:
        neighbours = Neighbours(None)
        await neighbours.look()
        assert neighbours.known == ()
        assert await neighbours.order(1, Order(Verb.STOP)) == []

    run(scene())
