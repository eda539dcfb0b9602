import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devserve.errors import DevserveError, UsageError
from devserve.hub.orders import Order, Outcome, Piece, Verb
from devserve.hub.pieces import pieces_of
from devserve.io.dashboard import neighbours as module
from devserve.io.dashboard.neighbours import Neighbours
from devserve.io.hub.ask import Found
from devserve.io.hub.control import Hub, Say
from support.hubs import silent_in
from support.proxied import run, until

NEWS = {"services": [{"id": "web"}], "exchanges": [{"id": 1, "service": "web"}]}


class Other:
    """Another devserve: tells the news again and again, and counts who listens."""

    def __init__(self) -> None:
        self.listening = 0

    async def carry_out(self, order: Order, say: Say) -> None:
        match order.verb:
            case Verb.LOOK:
                self.listening += 1
                try:
                    while True:
                        for piece in pieces_of(NEWS):
                            await say(piece)
                        await asyncio.sleep(0.01)
                finally:
                    self.listening -= 1
            case Verb.EXCHANGE:
                raise UsageError("this exchange is not kept any more")
            case Verb.STOP:
                await say(Outcome("web", ok=True, text="stopped"))
            case _:
                for piece in pieces_of({"said": str(order.verb)}):
                    await say(piece)


@asynccontextmanager
async def other_in(folder: Path, pid: int = 7) -> AsyncIterator[Other]:
    other = Other()
    hub = await Hub.listen(folder, pid, other.carry_out)
    try:
        yield other
    finally:
        await hub.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BETWEEN", 0.02)


def test_others_are_listened_to_while_somebody_looks_and_not_otherwise(tmp_path):
    async def scene() -> None:
        neighbours = Neighbours(tmp_path)
        async with other_in(tmp_path) as other, other_in(tmp_path, os.getpid()) as own:
            with neighbours.looking():
                with neighbours.looking():
                    await until(lambda: neighbours.sources)
                assert [each["id"] for each in neighbours.sources["7"].services()] == ["7:web"]
                assert (other.listening, own.listening) == (1, 0)
            await until(lambda: not other.listening)
            assert neighbours.sources == {}

    run(scene())


def test_one_that_comes_later_is_seen_and_one_that_ends_is_gone(tmp_path):
    async def scene() -> None:
        neighbours = Neighbours(tmp_path)
        with neighbours.looking():
            for _ in range(2):
                async with other_in(tmp_path):
                    await until(lambda: neighbours.sources)
                await until(lambda: not neighbours.sources)

    run(scene())


@pytest.mark.parametrize("said", [{"services": 3}, {"exchanges": [{}]}])
def test_one_that_talks_nonsense_is_left_out(tmp_path, said):
    heard: list[Order] = []

    async def nonsense(order: Order, say: Say) -> None:
        heard.append(order)
        for piece in pieces_of(said):
            await say(piece)

    async def scene() -> None:
        hub = await Hub.listen(tmp_path, 7, nonsense)
        neighbours = Neighbours(tmp_path)
        with neighbours.looking():
            await until(lambda: len(heard) > 1)  # it gets another chance each time
            assert neighbours.sources == {}
        await hub.close()

    run(scene())


def test_one_that_is_stopped_keeps_nobody_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.05)

    async def scene() -> None:
        neighbours = Neighbours(tmp_path / "hub")
        with silent_in(tmp_path, 8):
            async with other_in(tmp_path / "hub"):
                with neighbours.looking():
                    await until(lambda: neighbours.sources)
                    assert list(neighbours.sources) == ["7"]

    run(scene())


def test_orders_and_documents_of_one_and_of_all(tmp_path):
    async def scene() -> None:
        neighbours = Neighbours(tmp_path)
        async with other_in(tmp_path):
            with neighbours.looking():
                await until(lambda: neighbours.sources)
                assert await neighbours.order("7", Order(Verb.STOP, ("web",))) == [
                    Outcome("web", ok=True, text="stopped")
                ]
                assert await neighbours.document("7", Order(Verb.PANELS)) == {"said": "panels"}
                assert await neighbours.documents(Order(Verb.PANELS)) == {"7": {"said": "panels"}}
                assert await neighbours.documents(Order(Verb.EXCHANGE)) == {}
                with pytest.raises(DevserveError, match="not kept"):
                    await neighbours.document("7", Order(Verb.EXCHANGE))
                with pytest.raises(DevserveError, match="does not run any more"):
                    await neighbours.order("8", Order(Verb.STOP))

    run(scene())


def test_a_mistake_of_ours_is_not_taken_for_a_devserve_that_does_not_answer(tmp_path):
    async def scene() -> None:
        neighbours = Neighbours(tmp_path)
        neighbours.sources["no pid"] = None  # type: ignore[assignment]
        with pytest.raises(ValueError, match="no pid"):
            await neighbours.documents(Order(Verb.PANELS))

    run(scene())


@pytest.mark.parametrize("folder", [None, Path("/nowhere")])
def test_without_others_there_is_nothing(folder):
    async def scene() -> None:
        neighbours = Neighbours(folder)
        with neighbours.looking():
            assert await neighbours.documents(Order(Verb.PANELS)) == {}
            with pytest.raises(DevserveError, match="does not run any more"):
                neighbours.log("7", "web")

    run(scene())


def test_a_piece_that_never_ends_a_document_is_none(tmp_path):
    async def half(_: Order, say: Say) -> None:
        await say(Piece("{", is_last=False))

    async def scene() -> None:
        hub = await Hub.listen(tmp_path, 7, half)
        neighbours = Neighbours(tmp_path)
        neighbours.sources["7"] = None  # type: ignore[assignment]
        assert await neighbours.document("7", Order(Verb.PANELS)) == {}
        await hub.close()

    run(scene())


def test_who_is_silent_is_said_and_its_own_devserve_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.05)

    async def scene() -> None:
        with silent_in(tmp_path, 7), silent_in(tmp_path, os.getpid()):
            found = await Neighbours(tmp_path / "hub").found()
            assert [problem.partition(" has")[0] for problem in found.problems] == ["the devserve with pid 7"]
        assert await Neighbours(None).found() == Found()

    run(scene())
