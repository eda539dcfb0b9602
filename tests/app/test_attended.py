"""A person at the terminal: what is shown, and what keys do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import perf_counter

from devserve.app.attended import MOST_OF_TASK, Attended
from devserve.io.run.restarts import Restarts
from devserve.live.why import Busy, Records
from devserve.run.lifecycle import State
from devserve.run.order import start_order
from support.live import until
from support.playing import Playing
from support.records import REFRESHED


@dataclass
class Running:
    """Services that restart when they are let."""

    running: dict[str, Playing]
    restarts: Restarts = field(default_factory=Restarts)
    records: Records = field(default_factory=Records)


class Report:
    """Keeps what it is told."""

    is_live = False

    def __init__(self):
        self.notes = []
        self.shown = []

    def status(self, status):
        self.shown.append(status)

    def redraw(self):
        raise AssertionError

    def note(self, text, style=""):
        self.notes.append(text)


class Scene:
    def __init__(self, root, *names):
        self.log = []
        self.ended = 0
        self.report = Report()
        running = Running({name: Playing(root, name, "", self.log) for name in names})
        for each in running.running.values():
            running.restarts.add(each.restartable())
        running.restarts.arrange(start_order([each.service for each in running.running.values()]))
        self.running = running
        self.person = Attended(running, self.report, lambda: "https://devserve.localhost/", self.end)

    def end(self):
        self.ended += 1

    def press(self, keys):
        for key in keys:
            self.person.press(key)


def playing(scenario, *names):
    def test(tmp_path):
        async def play():
            async with asyncio.timeout(10):
                await scenario(Scene(tmp_path, *(names or ("web", "shop"))))

        asyncio.run(play())

    return test


def scene(scenario):
    found = playing(scenario)
    found.__name__ = scenario.__name__
    return found


@scene
async def test_r_and_a_number_restart_one_service(scene):
    scene.press("r")
    assert scene.report.shown[-1].question == "restart: a all  1 web  2 shop  Esc"
    scene.press("2")
    assert scene.report.shown[-1].question == ""
    await until(lambda: scene.report.notes)
    assert scene.log == ["shop restarts", "shop told"]
    assert scene.report.notes[0].startswith("shop: restart 0 ms → ready 0 ms → reload → 1 browser")


@scene
async def test_r_and_a_restart_all(scene):
    scene.press("ra")
    await until(lambda: len(scene.report.notes) == 2)
    assert scene.log == ["web restarts", "web told", "shop restarts", "shop told"]


@scene
async def test_w_shows_the_last_chain(scene):
    scene.press("w")
    scene.running.records.add(REFRESHED)
    scene.press("w")
    assert scene.report.notes[0] == "nothing has been saved yet"
    assert scene.report.notes[1].startswith("09:26:53 web: src/site.scss (412 ms)\n├─ rule")


@scene
async def test_q_ends_and_help_helps(scene):
    scene.press("?")
    assert [line[0] for line in scene.report.notes] == ["r", "o", "w", "q", "?"]
    assert scene.ended == 0
    scene.press("q")
    assert scene.ended == 1


@scene
async def test_o_says_the_url_where_there_is_no_browser(scene):
    scene.person._open_page = lambda url: False
    scene.press("o")
    await until(lambda: scene.report.notes)
    assert scene.report.notes == ["there is no browser to open here; the page is https://devserve.localhost/"]


@scene
async def test_the_line_has_the_services_what_goes_on_and_the_last_save(scene):
    scene.running.running["shop"].state = State.STARTING
    scene.running.records.busy["web"] = Busy("gulp css", perf_counter() - 3.2)
    scene.running.records.add(REFRESHED)
    status = scene.person.status()
    assert [(each.name, each.state) for each in status.services] == [("web", State.READY), ("shop", State.STARTING)]
    assert (status.doing, status.doing_short) == ("web: gulp css 3 s", "web task 3 s")
    assert (status.last, status.last_short) == ("web: src/site.scss → refresh 412 ms", "refresh 412 ms")


@scene
async def test_of_a_long_task_the_line_has_the_beginning(scene):
    scene.running.records.busy["web"] = Busy("x" * 1000, perf_counter() - 3.2)
    assert scene.person.status().doing == f"web: {'x' * MOST_OF_TASK}… 3 s"


@scene
async def test_what_has_just_begun_is_not_worth_a_word(scene):
    scene.running.records.busy["web"] = Busy("gulp css", perf_counter())
    assert scene.person.status().doing == ""


@scene
async def test_a_state_counts_its_seconds_from_when_it_was_seen_first(scene):
    scene.person.status()
    scene.person._since["web"] = (State.READY, perf_counter() - 5)
    assert scene.person.status().services[0].seconds == 5
    scene.running.running["web"].state = State.STOPPING
    assert scene.person.status().services[0].seconds == 0


@scene
async def test_without_a_terminal_nothing_is_shown(scene):
    with scene.person.shown():
        assert scene.report.shown == []


def test_a_single_service_is_restarted_without_a_question(tmp_path):
    async def alone(scene):
        scene.press("r")
        await until(lambda: scene.report.notes)
        assert scene.log == ["web restarts", "web told"]
        assert repr(scene.person) == "<Attended 1 services>"

    playing(alone, "web")(tmp_path)
