"""What a service's pages are told of it, over a real socket."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

from devserve.config.values import Origin, Service
from devserve.io.live.announcer import Announcer
from devserve.live.problems import Problem
from devserve.live.protocol import alert
from devserve.run.lifecycle import State
from support.live import PLUGINS, a_page, new_live_sockets, said, serving, until


class Hooks:
    """Reads output as a build tool's plugin does."""

    reads_output = True

    def output(self, service, line):
        if line.startswith("failed "):
            return Problem(line.removeprefix("failed "), line)
        return Problem(line.removeprefix("done ")) if line.startswith("done ") else None


def standing(state, problem="", lines=()):
    return SimpleNamespace(state=state, problem=problem, last_lines=lines, condition=str(state))


@asynccontextmanager
async def announcing(tmp_path):
    live = new_live_sockets()
    async with serving(live) as port, a_page(port, plugins=PLUGINS) as page:
        await until(lambda: live.tell("web", [alert("here")]))
        assert (await said(page))["command"] == "alert"
        yield Announcer(Service("web", tmp_path, "web.test"), Hooks(), live), live, page


async def shown(page):
    message = await said(page)
    assert message["path"] == "devserve:problems"
    return [(problem["title"], problem["lines"]) for problem in json.loads(message["originalPath"])]


def test_a_service_that_is_down_is_shown_until_it_is_back_and_then_the_page_loads(tmp_path):
    async def scenario():
        async with announcing(tmp_path) as (announcer, _, page):
            announcer.state(standing(State.EXITED, "web: ended with exit status 1 after 0.1 s.", ("Traceback", "oh")))
            assert await shown(page) == [("web: ended with exit status 1 after 0.1 s.", ["Traceback", "oh"])]
            announcer.state(standing(State.STARTING))
            announcer.state(standing(State.READY))
            assert await shown(page) == []
            assert (await said(page))["path"] == "/"

    asyncio.run(scenario())


def test_what_answers_in_its_place_is_said(tmp_path):
    async def scenario():
        async with announcing(tmp_path) as (_, live, page):
            service = Service("web", tmp_path, "web.test", fallback=Origin("https", "staging.test", 443))
            Announcer(service, Hooks(), live).state(standing(State.EXITED, "web: ended."))
            assert await shown(page) == [("web: ended. https://staging.test:443 answers in its place.", [])]

    asyncio.run(scenario())


def test_a_restart_that_a_chain_waits_for_is_told_by_the_chain(tmp_path):
    async def scenario():
        async with announcing(tmp_path) as (announcer, live, page):
            with announcer.restarting():
                announcer.state(standing(State.READY))
            live.tell("web", [alert("the chain's own")])
            assert (await said(page))["message"] == "the chain's own"

    asyncio.run(scenario())


def test_what_follows_a_mistake_is_its_details(tmp_path):
    async def scenario():
        async with announcing(tmp_path) as (announcer, _, page):
            for line in ("before", "failed css", "\x1b[31mline 3\x1b[0m: no such mixin"):
                announcer.line(line)
            assert await shown(page) == [("failed css", ["line 3: no such mixin"])]
            announcer.line("something else")
            announcer.line("failed js")
            announcer.line("done css")
            assert await shown(page) == [("failed css", ["line 3: no such mixin"]), ("failed js", [])]
            assert await shown(page) == [("failed js", [])]

    asyncio.run(scenario())


def test_a_mistake_is_said_in_the_terminal_once_until_it_is_mended(tmp_path, caplog):
    async def scenario():
        async with announcing(tmp_path) as (announcer, _, page):
            for line in ("failed css", "failed css", "failed js", "done js", "failed js"):
                announcer.line(line)
            assert await shown(page) == [("failed css", [])]

    asyncio.run(scenario())
    assert caplog.messages == ["web: failed css", "web: failed js", "web: failed js"]


def test_what_nobody_will_mend_any_more_is_taken_away_but_not_that_the_service_is_down(tmp_path):
    async def scenario():
        async with announcing(tmp_path) as (announcer, _, page):
            announcer.state(standing(State.EXITED, "web: ended."))
            announcer.problem(Problem("css", "css failed"))
            announcer.line("failed js")
            announcer.end()
            assert [await shown(page), await shown(page)] == [
                [("web: ended.", [])],
                [("web: ended.", []), ("css failed", [])],
            ]
            assert await shown(page) == [("web: ended.", [])]

    asyncio.run(scenario())
