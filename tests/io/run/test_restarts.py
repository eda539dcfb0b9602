"""Restarts in the order of needs, on a real loop."""

from __future__ import annotations

import asyncio

import pytest

from devserve.config.values import Service
from devserve.errors import ServiceError
from devserve.io.run.restarts import Restarts, longest, restarted
from devserve.live.why import What
from devserve.run.lifecycle import State
from devserve.run.order import start_order
from support.live import until
from support.playing import Playing


class Stage:
    """Services by name, and what restarts them."""

    def __init__(self, root, needs):
        self.log = []
        self.restarts = Restarts()
        self.services = {name: Playing(root, name, needed, self.log) for name, needed in needs.items()}
        for each in self.services.values():
            self.restarts.add(each.restartable())
        self.restarts.arrange(start_order([each.service for each in self.services.values()]))

    def __getitem__(self, name):
        return self.services[name]

    def begin(self, name):
        names = self.restarts.with_dependents(name)
        return asyncio.get_running_loop().create_task(self.restarts.restart(names))

    def count(self, name):
        return self.log.count(f"{name} restarts")


def staged(**needs):
    """Let a scenario take a stage with these services."""

    def decorate(scenario):
        def test(tmp_path):
            async def play():
                async with asyncio.timeout(10):
                    await scenario(Stage(tmp_path, needs))

            asyncio.run(play())

        test.__name__ = scenario.__name__
        return test

    return decorate


@staged(shop="web", web="shared", shared="", other="")
async def test_what_needs_a_service_follows_it_each_told_when_it_is_ready(stage):
    steps = await stage.begin("shared")
    assert stage.log == [
        *("shared restarts", "shared told"),
        *("web restarts", "web told"),
        *("shop restarts", "shop told"),
    ]
    assert [(step.what, step.service) for step in steps[:4]] == [
        (What.RESTART, "shared"),
        (What.READY, "shared"),
        (What.TELL, "shared"),
        (What.RESTART, "web"),
    ]


@staged(web="shared", shared="")
async def test_what_nothing_needs_restarts_alone(stage):
    await stage.begin("web")
    assert stage.log == ["web restarts", "web told"]


@staged(web="shared", shared="")
async def test_nothing_follows_a_service_that_is_not_ready(stage):
    stage["shared"].is_ready = False
    steps = await stage.begin("shared")
    assert stage.log == ["shared restarts"]
    assert steps[-1].problem == "it did not become ready"
    assert repr(stage.restarts) == "<Restarts 0 begun, 0 waiting>"


@staged(web="")
async def test_a_service_that_was_stopped_is_said_to_be(stage):
    stage["web"].is_ready, stage["web"].state = False, State.STOPPED
    steps = await stage.begin("web")
    assert steps[-1].problem == "it is stopped: devserve start web"


@staged(left="shared", right="shared", top="left", shared="")
async def test_what_does_not_need_a_service_that_failed_goes_on(stage):
    stage["left"].is_ready = False
    await stage.begin("shared")
    assert [stage.count(name) for name in ("shared", "left", "right", "top")] == [1, 1, 1, 0]


@staged(web="shared", shared="")
async def test_a_burst_that_touches_both_restarts_each_once(stage):
    stage["shared"].go_on.clear()
    first, second = stage.begin("shared"), stage.begin("web")
    await until(lambda: stage.log)
    stage["shared"].go_on.set()
    await asyncio.gather(first, second)
    assert stage.log == ["shared restarts", "shared told", "web restarts", "web told"]
    assert [step.service for step in second.result()] == ["web", "web", "web"]


@staged(web="shared", shared="")
async def test_a_restart_waits_for_the_save_of_what_it_needs(stage):
    stage["shared"].ahead = True
    second = stage.begin("web")
    await asyncio.sleep(0)
    first = stage.begin("shared")
    stage["shared"].ahead = False
    await asyncio.gather(first, second)
    assert stage.log == ["shared restarts", "shared told", "web restarts", "web told"]


@staged(web="left right", left="", right="")
async def test_what_needs_two_waits_for_both_and_restarts_once(stage):
    stage["right"].go_on.clear()
    right, left = stage.begin("right"), stage.begin("left")
    await until(lambda: "left told" in stage.log)
    assert stage.count("web") == 0
    stage["right"].go_on.set()
    await asyncio.gather(left, right)
    assert stage.log[-4:] == ["left told", "right told", "web restarts", "web told"]


@staged(web="shared", shared="")
async def test_what_is_asked_for_after_it_has_begun_is_done_once_more(stage):
    stage["web"].go_on.clear()
    first = stage.begin("web")
    await until(lambda: stage.log)
    second, third = stage.begin("web"), stage.begin("web")
    await asyncio.sleep(0)
    assert stage.count("web") == 1
    stage["web"].go_on.set()
    await asyncio.gather(first, second, third)
    assert stage.count("web") == 2


@staged(web="shared", shared="")
async def test_who_has_waited_goes_on_alone_when_the_other_is_cancelled_or_fails(stage):
    for end in ("cancel", "fail"):
        stage.log.clear()
        stage["shared"].go_on.clear()
        first, second = stage.begin("shared"), stage.begin("web")
        await until(lambda: stage.log)
        if end == "cancel":
            first.cancel()
        else:
            stage["shared"].is_ready = False
            stage["shared"].go_on.set()
        await second
        assert stage.log == ["shared restarts", "web restarts", "web told"]


@staged(web="shared", shared="")
async def test_what_was_removed_is_restarted_no_more(stage):
    stage.restarts.remove("web")
    await stage.begin("shared")
    await stage.begin("web")
    assert stage.log == ["shared restarts", "shared told"]


@staged(a="", b="a", c="a", d="b c")
async def test_many_restarts_at_once_all_come_to_their_end(stage):
    await asyncio.gather(*(stage.begin(name) for name in "dcbadacb"))
    assert {name: stage.count(name) for name in "abcd"} == dict.fromkeys("abcd", 2)
    assert repr(stage.restarts) == "<Restarts 0 begun, 0 waiting>"


@pytest.mark.parametrize(
    ("error", "problem"),
    [(ServiceError("npm: not found"), "npm: not found"), (None, "it neither became ready nor failed, given up")],
)
def test_a_restart_that_fails_is_a_step_with_its_reason(tmp_path, error, problem):
    async def play():
        service = Playing(tmp_path, "web", "", [])
        service.error = error
        if error is None:
            service.go_on.clear()
        (step,) = await restarted(service.restartable(), deadline=0.02 if error is None else None)
        assert (step.what, step.problem) == (What.RESTART, problem)
        assert service.log == ["web restarts"]

    asyncio.run(play())


def test_the_longest_restart_follows_from_the_service(tmp_path):
    service = Service("web", tmp_path, "web.test")
    assert longest(service) > service.stop.grace + service.ready.timeout
