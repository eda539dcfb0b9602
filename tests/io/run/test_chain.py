"""From a change to what a service's pages are told, on a real loop."""

from __future__ import annotations

import asyncio
import threading

import pytest
import uvloop

from devserve.config.values import Then, WatchRule
from devserve.errors import ServiceError
from devserve.io.run.processes import TaskResult
from devserve.io.watch.watcher import Watcher, read_ignored
from devserve.live.problems import Problem
from devserve.live.why import Ended, What
from devserve.watch.loops import MOST_ROUNDS
from devserve.watch.settle import QUIET
from support.live import a_page, new_live_sockets, said, serving, until
from support.live_chain import chain_of, playing

CSS = WatchRule(("*.css", "*.png"), then=Then.REFRESH)
HTML = WatchRule(("*.html",), then=Then.RELOAD)
PYTHON = WatchRule(("*.py",), then=Then.RESTART)
SCSS = WatchRule(("*.scss",), run=("gulp", "css"), then=Then.REFRESH)
TYPESCRIPT = WatchRule(("*.ts",), run=("gulp", "js"), then=Then.RELOAD)


@playing(CSS)
async def test_one_save_is_told_before_the_loop_turns(chain, world, lines):
    world.save(chain, "site.css")
    assert world.told == [("/site.css",)]
    await until(lambda: lines == ["web: site.css → refresh → 2 browsers (T)"])


@playing(CSS, HTML)
async def test_what_follows_is_one_more_message(chain, world, lines):
    world.save(chain, "a.css", "b.css", "c.png", "b.css")
    assert world.told == [("/a.css",)]
    await until(lambda: len(world.told) == 2)
    assert world.told[1] == ("/b.css", "/c.png")


@playing(CSS, HTML)
async def test_reload_swallows_refresh(chain, world, lines):
    world.save(chain, "a.css", "b.css", "page.html")
    await until(lambda: len(world.told) == 2)
    assert world.told[1] == ("/page.html",)
    await until(
        lambda: (
            lines
            == [
                "web: a.css → refresh → 2 browsers (T)",
                "web: page.html, b.css → reload → 2 browsers (T)",
            ]
        )
    )


@playing(CSS)
async def test_a_path_without_a_rule_leads_to_nothing(chain, world, lines):
    world.save(chain, "README")
    world.save(chain, "site.css")
    assert world.told == [("/site.css",)]


@playing(CSS)
async def test_a_file_that_is_gone_waits_for_its_successor(chain, world, lines):
    chain.changed("site.css")
    assert world.told == []
    world.save(chain, "site.css")
    assert world.told == [("/site.css",)]


@playing(CSS)
async def test_a_file_that_stays_away_is_told_when_quiet(chain, world, lines):
    chain.changed("site.css")
    await until(lambda: world.told == [("/site.css",)])


@playing(SCSS)
async def test_a_task_comes_first(chain, world, lines):
    world.go_on.clear()
    world.save(chain, "site.scss")
    await until(lambda: world.tasks == [("gulp", "css")])
    assert world.told == []
    world.go_on.set()
    await until(lambda: world.told == [("/site.css",)])
    await until(lambda: lines == ["web: site.scss → gulp css T → refresh → 2 browsers (T)"])


@playing(SCSS)
async def test_a_task_runs_once_for_a_burst_and_once_more_for_what_comes_meanwhile(chain, world, lines):
    world.go_on.clear()
    world.save(chain, "a.scss", "b.scss")
    await until(lambda: world.running)
    world.save(chain, "c.scss")
    await until(lambda: "1 settled" in repr(chain))
    world.save(chain, "d.scss")
    await until(lambda: "2 settled" in repr(chain))
    world.go_on.set()
    await until(lambda: len(world.told) == 2)
    assert world.told == [("/a.css", "/b.css"), ("/c.css", "/d.css")]
    assert world.tasks == [("gulp", "css")] * 2
    assert world.most_running == 1


@playing(WatchRule(("*.scss",), run=("make",)), WatchRule(("*.ts",), run=("make",)))
async def test_a_task_of_two_rules_runs_once_for_a_burst(chain, world, lines):
    world.save(chain, "a.scss", "b.ts")
    await until(lambda: world.told)
    assert world.tasks == [("make",)]


@playing(SCSS)
async def test_a_failing_task_ends_the_chain(chain, world, lines):
    world.result = TaskResult(1, 0.2, ("Error: no mixin named x", "   on line 3", ""))
    world.save(chain, "site.scss")
    await until(lambda: lines == ["web: site.scss → gulp css failed with status 1: on line 3 (T)"])
    assert world.told == []
    assert world.problems == [Problem("gulp css", "gulp css failed with exit status 1", world.result.last_lines)]
    world.result = TaskResult(0, 0.2)
    world.save(chain, "site.scss")
    await until(lambda: world.told == [("/site.css",)])
    assert world.problems[1:] == [Problem("gulp css")]


@playing(SCSS)
async def test_a_task_that_cannot_be_run_ends_the_chain(chain, world, lines):
    world.result = ServiceError("there is no gulp; run npm install")
    world.save(chain, "site.scss")
    await until(lambda: lines == ["web: site.scss → gulp css could not be run: there is no gulp; run npm install (T)"])
    assert [problem.title for problem in world.problems] == [
        "gulp css could not be run: there is no gulp; run npm install"
    ]


@playing(SCSS, task_deadline=0.02)
async def test_a_task_without_an_end_is_given_up(chain, world, lines):
    world.go_on.clear()
    world.save(chain, "site.scss")
    await until(lambda: lines == ["web: site.scss → gulp css has not ended, given up (T)"])
    assert world.running == 0
    assert world.told == []
    assert [problem.title for problem in world.problems] == ["gulp css has not ended, given up"]


@playing(SCSS)
async def test_what_was_done_is_recorded_step_by_step(chain, world, lines):
    world.save(chain, "site.scss")
    await until(world.records.records)
    (record,) = world.records.records("web")
    assert (record.files, record.rules, record.ended) == (("site.scss",), ("*.scss",), Ended.TOLD)
    assert [(step.what, step.argv, step.then, step.browsers) for step in record.steps] == [
        (What.TASK, ("gulp", "css"), None, 0),
        (What.TELL, (), Then.REFRESH, 2),
    ]
    assert record.waited >= QUIET * 0.9
    assert record.seconds >= record.waited + sum(step.seconds for step in record.steps)


@playing(SCSS)
async def test_says_what_it_does_just_now(chain, world, lines):
    world.go_on.clear()
    world.save(chain, "site.scss")
    await until(lambda: world.running)
    assert world.records.busy["web"].doing == "gulp css"
    world.go_on.set()
    await until(world.records.records)
    assert world.records.busy == {}


@playing(SCSS, PYTHON)
async def test_a_save_that_changes_no_byte_runs_and_restarts_nothing(chain, world, lines):
    world.altered = lambda paths: ()
    world.save(chain, "site.scss", "app.py")
    await until(lambda: lines == ["web: site.scss, app.py → no byte of it has changed, so nothing is done (T)"])
    assert (world.tasks, world.restarts, world.told) == ([], 0, [])
    assert [record.ended for record in world.records.records()] == [Ended.UNCHANGED]


@playing(SCSS, PYTHON)
async def test_the_next_save_of_what_has_failed_counts_in_any_case(chain, world, lines):
    world.result = TaskResult(1, 0.2)
    world.save(chain, "site.scss")
    await until(lambda: world.forgotten == ["site.scss"])
    world.not_ready = "it did not become ready"
    world.save(chain, "app.py")
    await until(lambda: world.forgotten == ["site.scss", "app.py"])
    world.not_ready = ""
    world.save(chain, "app.py")
    await until(lambda: world.told == [("/",)])
    assert world.forgotten == ["site.scss", "app.py"]


@playing(SCSS, HTML)
async def test_what_takes_no_work_is_told_whatever_its_bytes(chain, world, lines):
    asked = []
    world.altered = lambda paths: asked.extend(paths) or ()
    world.save(chain, "site.scss", "page.html")
    await until(lambda: world.told == [("/page.html",)])
    assert (asked, world.tasks) == (["site.scss"], [])


@playing(PYTHON)
async def test_many_files_are_compared_in_a_thread(chain, world, lines):
    threads = set()
    world.altered = lambda paths: threads.add(threading.current_thread()) or paths
    world.save(chain, *(f"{number}.py" for number in range(100)))
    await until(lambda: world.restarts == 1)
    assert threading.main_thread() not in threads


@playing(SCSS, PYTHON)
async def test_only_what_has_changed_counts(chain, world, lines):
    world.altered = lambda paths: tuple(path for path in paths if path != "app.py")
    world.save(chain, "site.scss", "app.py")
    await until(lambda: world.told == [("/site.css",)])
    assert world.restarts == 0


@playing(TYPESCRIPT)
async def test_a_task_that_starts_itself_is_stopped_and_named(chain, world, lines):
    world.during = lambda: world.save(chain, "version.ts")
    world.save(chain, "app.ts")
    await until(lambda: any(record.ended is Ended.LOOP for record in world.records.records()))
    assert len(world.tasks) == 1 + MOST_ROUNDS
    assert "version.ts changes and starts it again (rule *.ts)" in world.records.records()[-1].reason
    told = len(world.told)
    world.save(chain, "app.ts")
    await until(lambda: len(world.told) == told + 1)
    assert repr(chain) == "<Chain web idle, 0 changes waiting, 0 settled>"
    assert len(world.tasks) == 2 + MOST_ROUNDS


@playing(PYTHON)
async def test_a_restart_that_starts_itself_is_stopped(chain, world, lines):
    world.during = lambda: world.save(chain, "cache.py")
    world.save(chain, "app.py")
    await until(lambda: any(record.ended is Ended.LOOP for record in world.records.records()))
    assert world.restarts == 1 + MOST_ROUNDS


@playing(WatchRule(("*.ts",), run=("make",), outputs=("dist/",)), WatchRule(("*.ts",), then=Then.RELOAD))
async def test_what_a_task_writes_is_left_to_other_rules(chain, world, lines):
    (world.root / "dist").mkdir()
    world.save(chain, "dist/app.ts")
    assert (world.told, world.tasks) == ([("/dist/app.ts",)], [])


@playing(PYTHON)
async def test_tells_whether_a_restart_is_ahead(chain, world, lines):
    assert not chain.restarts
    world.go_on.clear()
    world.save(chain, "app.py")
    assert chain.restarts
    await until(lambda: world.restarts == 1)
    world.save(chain, "app.py")
    assert not chain.restarts
    world.go_on.set()


@playing(SCSS, HTML)
async def test_a_failing_task_does_not_stop_the_rest_of_its_burst(chain, world, lines):
    world.result = TaskResult(1, 0.2)
    world.save(chain, "site.scss", "page.html")
    await until(lambda: world.told == [("/page.html",)])


@playing(SCSS, HTML, TYPESCRIPT)
async def test_a_burst_with_tasks_is_told_once(chain, world, lines):
    world.save(chain, "app.ts", "page.html", "site.scss")
    await until(lambda: world.told)
    assert world.told == [("/page.html",)]
    assert world.tasks == [("gulp", "css"), ("gulp", "js")]
    await until(
        lambda: (
            lines
            == [
                "web: page.html, app.ts and 1 more → gulp css T → gulp js T → reload → 2 browsers (T)",
            ]
        )
    )


@playing(SCSS, CSS)
async def test_a_running_task_delays_nothing_that_needs_none(chain, world, lines):
    world.go_on.clear()
    world.save(chain, "site.scss")
    await until(lambda: world.running)
    world.save(chain, "a.css", "b.css")
    await until(lambda: world.told == [("/a.css",), ("/b.css",)])
    assert world.running == 1
    world.save(chain, "c.scss", "d.css")
    await until(lambda: world.told[2:] == [("/d.css",)])
    assert "1 settled" in repr(chain)


@playing(CSS, PYTHON)
async def test_restart_waits_for_ready_and_then_reloads(chain, world, lines):
    world.go_on.clear()
    world.save(chain, "app.py", "site.css")
    await until(lambda: world.restarts == 1)
    assert world.told == []
    world.go_on.set()
    await until(lambda: world.told == [("/",)])
    await until(lambda: lines == ["web: app.py, site.css → restart T → ready T → reload → 2 browsers (T)"])


@playing(PYTHON)
async def test_changes_during_a_restart_lead_to_one_more(chain, world, lines):
    world.go_on.clear()
    world.save(chain, "app.py")
    await until(lambda: world.restarts == 1)
    world.save(chain, "app.py", "models.py")
    await until(lambda: "2 settled" in repr(chain))
    world.go_on.set()
    await until(lambda: len(world.told) == 2)
    assert world.restarts == 2


@playing(PYTHON)
async def test_a_service_that_does_not_become_ready_reloads_no_page(chain, world, lines):
    world.not_ready = "it did not become ready"
    world.save(chain, "app.py")
    await until(lambda: lines == ["web: app.py → restart T → it did not become ready (T)"])
    assert world.told == []


@playing(CSS)
async def test_a_decision_can_make_a_refresh_a_restart(chain, world, lines):
    world.decide = lambda rule, paths: Then.RESTART if "theme.css" in paths else rule.then
    world.save(chain, "theme.css")
    assert world.told == []
    await until(lambda: world.told == [("/",)])
    assert world.restarts == 1


@playing(CSS, SCSS)
async def test_a_decision_can_make_it_nothing(chain, world, lines):
    world.decide = lambda rule, paths: Then.NOTHING
    world.save(chain, "site.css", "site.scss")
    await until(lambda: lines == ["web: site.scss → gulp css T (T)"])
    assert world.told == []


@playing(CSS)
async def test_everything_waits_while_git_is_busy(chain, world, lines):
    world.git_is_busy = True
    world.save(chain, "a.css", "b.css")
    loop = asyncio.get_running_loop()
    looked = loop.time()
    await until(lambda: loop.time() - looked > 0.06)
    assert world.told == []
    world.git_is_busy = False
    await until(lambda: world.told == [("/a.css", "/b.css")])


@playing(CSS)
async def test_says_what_it_is_doing(chain, world, lines):
    world.save(chain, "a.css", "b.css")
    assert repr(chain) == "<Chain web idle, 1 changes waiting, 0 settled>"


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_saved_file_reaches_the_page(tmp_path, new_loop):
    async def scenario():
        (tmp_path / "static").mkdir()
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as page, chain_of(tmp_path, CSS, PYTHON) as (chain, world):
            await until(lambda: live.tell("web", []) == 1)
            world.tell = live.tell
            watcher = Watcher()
            try:
                watcher.watch(tmp_path, read_ignored(tmp_path), chain.changed)
                (tmp_path / "static/site.css").write_text("x")
                assert (await said(page))["path"] == "/static/site.css"
                (tmp_path / "app.py").write_text("x")
                assert await said(page) == {"command": "reload", "path": "/", "liveCSS": False, "liveImg": False}
                assert world.restarts == 1
            finally:
                watcher.stop()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scenario())
