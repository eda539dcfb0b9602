import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from devserve.app import lookout as module
from devserve.app import orders
from devserve.errors import UsageError
from devserve.hub.orders import Order, Outcome, Progress, Verb
from devserve.hub.pieces import Pieces
from devserve.io.tasks import spawn
from support.dashboards import Stage, staged
from support.proxied import run, until


class Asker:
    """Another terminal's dashboard: keeps what it is told."""

    def __init__(self) -> None:
        self.documents: list[dict[str, object]] = []
        self.outcomes: list[object] = []
        self.progress: list[Progress] = []
        self._pieces = Pieces()

    async def say(self, answer: object) -> None:
        """Take an answer."""
        if isinstance(answer, Outcome):
            self.outcomes.append(answer)
        elif isinstance(answer, Progress):
            self.progress.append(answer)
        elif (document := self._pieces.take(answer)) is not None:  # type: ignore[arg-type]
            self.documents.append(dict(document))


def test_news_are_told_until_the_other_side_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "TICK", 0.01)

    async def scene() -> None:
        async with staged(tmp_path) as stage:
            asker = Asker()
            task = spawn(stage.lookout.carry_out(Order(Verb.LOOK), asker.say), "look")
            await until(lambda: asker.documents)
            assert [each["id"] for each in asker.documents[0]["services"]] == ["web"]
            assert stage.gateway.site.ended is not None
            await stage.ask("/a?token=hunter2", host="web.test")
            await until(lambda: any("exchanges" in each for each in asker.documents))
            assert "hunter2" not in json.dumps(asker.documents)
            task.cancel()
            await until(lambda: stage.gateway.site.ended is None)

    run(scene())


def test_who_reads_nothing_is_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.02)

    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:

            async def say(_: object) -> None:
                await until(lambda: False)

            with pytest.raises(ConnectionAbortedError):
                await stage.lookout.carry_out(Order(Verb.LOOK), say)
            assert stage.gateway.site.ended is None

    run(scene())


@pytest.mark.parametrize(
    ("order", "holds"),
    [
        (Order(Verb.EXCHANGE, number=1), lambda found: "/a?token=***" in found["curl"]),
        (Order(Verb.EXCHANGES), lambda found: len(found["entries"]) == 1),
        (Order(Verb.EXCHANGES, ("mail",)), lambda found: found["entries"] == []),
        (Order(Verb.REPLAY, number=1), lambda found: found == {"status": 200}),
        (Order(Verb.PANELS), lambda found: found["repositories"][0]["plugins"]),
        (Order(Verb.CERTIFICATES), lambda found: found["certificates"][0]["host"]),
    ],
)
def test_each_question_has_a_document(tmp_path: Path, order: Order, holds: Callable[..., object]) -> None:
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            with stage.sight.looking():
                await stage.ask("/a?token=hunter2", host="web.test")
                await until(lambda: stage.sight.latest)
                asker = Asker()
                await stage.lookout.carry_out(order, asker.say)
                (found,) = asker.documents
                assert holds(found)
                assert "hunter2" not in json.dumps(found)

    run(scene())


def test_what_takes_time_is_said_to_go_on_and_ends_when_the_other_side_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr(orders, "BEAT", 0.01)

    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            asker, answered, left = Asker(), asyncio.Event(), asyncio.Event()

            async def replay(_: int) -> int:
                try:
                    await answered.wait()
                finally:
                    left.set()
                return 200

            monkeypatch.setattr(stage.sight, "replay", replay)
            task = spawn(stage.lookout.carry_out(Order(Verb.REPLAY, number=1), asker.say), "replay")
            await until(lambda: len(asker.progress) > 2)
            assert (asker.progress[0].service, asker.documents) == ("devserve", [])
            answered.set()
            await task
            assert asker.documents == [{"status": 200}]
            for each in (answered, left, asker.progress):
                each.clear()
            task = spawn(stage.lookout.carry_out(Order(Verb.REPLAY, number=1), asker.say), "replay")
            await until(lambda: asker.progress)
            task.cancel()
            await asyncio.wait_for(left.wait(), 5)

    run(scene())


def test_what_is_not_there_is_refused_and_orders_are_carried_out(tmp_path):
    async def scene(stage: Stage) -> None:
        asker = Asker()
        for verb in (Verb.EXCHANGE, Verb.REPLAY):
            with pytest.raises(UsageError, match="not kept"):
                await stage.lookout.carry_out(Order(verb, number=9), asker.say)
        await stage.lookout.carry_out(Order(Verb.STOP, ("web",)), asker.say)
        assert [outcome.text for outcome in asker.outcomes] == ["stopped"]

    async def all_of_it() -> None:
        async with staged(tmp_path, start=False) as stage:
            await scene(stage)

    run(all_of_it())
