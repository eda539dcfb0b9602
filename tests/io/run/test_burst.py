"""One burst, from its first change to its record."""

from __future__ import annotations

import asyncio
from time import perf_counter

from devserve.config.values import Service, Then, WatchRule
from devserve.io.run.burst import Burst
from devserve.io.run.processes import TaskResult
from devserve.live.message import Message
from devserve.live.rules import Outcome
from devserve.live.why import MOST_FILES, Ended, What
from support.live_chain import World

RULE = WatchRule(("*.scss",), run=("make",))


def burst_of(world):
    return Burst(Service("web", world.root, "web.test"), world.effects(), world.records, perf_counter() - 0.5)


def play(tmp_path, scene):
    async def run():
        world = World(tmp_path)
        burst = burst_of(world)
        await scene(world, burst)
        return world

    return asyncio.run(run())


def test_time_counts_from_the_first_change(tmp_path):
    async def scene(world, burst):
        burst.tell(Outcome(Then.RELOAD, ("a.html",)))
        burst.end(["a.html"], [RULE])

    (record,) = play(tmp_path, scene).records.records()
    assert record.seconds >= record.waited >= 0.5
    assert (record.ended, record.at.tzinfo is not None) == (Ended.TOLD, True)


def test_what_led_to_nothing_has_no_record(tmp_path):
    async def scene(world, burst):
        burst.tell(Outcome(Then.NOTHING, ("a.html",)))
        burst.end(["a.html"], [RULE])

    assert play(tmp_path, scene).records.records() == ()


def test_a_burst_of_many_files_names_some_and_counts_all(tmp_path):
    files = [f"{number}.html" for number in range(5000)]

    async def scene(world, burst):
        burst.tell(Outcome(Then.RELOAD, tuple(files)))
        burst.end(files, [RULE])

    (record,) = play(tmp_path, scene).records.records()
    assert (len(record.files), record.file_count) == (MOST_FILES, 5000)


def test_a_failed_task_is_a_step_with_its_status_and_last_words(tmp_path):
    async def scene(world, burst):
        world.result = TaskResult(2, 0.1, ("Error", "on line 3", ""))
        assert not await burst.task(("make",))
        burst.end(["site.scss"], [RULE])

    (record,) = play(tmp_path, scene).records.records()
    (step,) = record.steps
    assert (step.what, step.argv, step.status) == (What.TASK, ("make",), 2)
    assert step.problem == record.reason == "failed with status 2: on line 3"
    assert record.ended is Ended.FAILED


def test_a_task_alone_is_done(tmp_path):
    async def scene(world, burst):
        assert await burst.task(("make",))
        burst.end(["site.scss"], [RULE])

    assert [record.ended for record in play(tmp_path, scene).records.records()] == [Ended.DONE]


def test_what_did_not_become_ready_is_a_failure(tmp_path):
    async def scene(world, burst):
        world.not_ready = "it did not become ready"
        await burst.restart()
        burst.end(["app.py"], [RULE])

    (record,) = play(tmp_path, scene).records.records()
    assert (record.ended, record.reason) == (Ended.FAILED, "it did not become ready")


def test_pages_hear_a_plugins_messages_whatever_else_they_are_told(tmp_path):
    async def scene(world, burst):
        burst.tell(Outcome(Then.NOTHING, ("a.css",), (Message("tokens"),)))
        burst.tell(Outcome(Then.REFRESH, ("all.css",), (Message("more"),)))

    world = play(tmp_path, scene)
    assert world.messages == [Message("tokens"), Message("more")]
    assert world.told == [("/all.css",)]
