import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from devserve import plugins
from devserve.app.supervisor import Supervisor
from devserve.config.values import Origin, Project, Service, Stop, Then, WatchRule
from devserve.difference import difference
from devserve.errors import ServiceError
from devserve.fleet import Planned
from devserve.io.live.livereload import LiveSockets
from devserve.io.run.warden import Warden
from devserve.io.watch.contents import CLOCK
from devserve.live.why import Ended, What
from devserve.run.lifecycle import State
from support.live import passes, until
from support.proxied import free_port, run

SERVER = """
import http.server, os
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(os.environ["PORT"]), bind="127.0.0.1")
"""


RESTARTED = WatchRule(("*.py",), then=Then.RESTART)


def names(task: str) -> list[str]:
    """Return the tasks of this name that go on."""
    return [each.get_name() for each in asyncio.all_tasks() if each.get_name() == task]


def planned(folder: Path, name: str, source: str, **fields) -> Planned:
    service = Service(name, folder, f"{name}.test", command=(sys.executable, "-c", source), **fields)
    return Planned(service, plugins.load(Project(folder / "devserve.toml")), free_port())


@asynccontextmanager
async def supervising(hear: Callable[[str], object], *services: Planned) -> AsyncIterator[Supervisor]:
    warden = Warden()
    live = LiveSockets(lambda host, path: None, lambda host: [], lambda host: True)
    made = Supervisor(live, warden, {}, lambda name, text: hear(f"{name}: {text}"))
    for each in services:
        made.add(each)
    try:
        yield made
    finally:
        await made.stop()
        live.close()
        await warden.close()


def test_starts_what_is_needed_first_and_leaves_nothing_behind(tmp_path):
    async def scene() -> None:
        lines: list[str] = []
        web = planned(tmp_path, "web", "print('web', flush=True)\n" + SERVER, needs=("api",))
        api = planned(tmp_path, "api", "print('api', flush=True)\n" + SERVER)
        async with supervising(lines.append, web, api) as made:
            await made.start()
            assert [running.state for running in made.running.values()] == [State.READY, State.READY]
            assert [line for line in lines if line in ("web: web", "api: api")] == ["api: api", "web: web"]
        assert psutil.Process().children() == []

    run(scene())


@pytest.mark.parametrize(
    ("then", "fallback", "hopeful"),
    [(Then.RELOAD, None, False), (Then.RESTART, None, True), (Then.RELOAD, Origin(), True)],
)
def test_there_is_hope_while_a_save_may_mend_it_or_something_answers_in_its_place(tmp_path, then, fallback, hopeful):
    async def scene() -> None:
        rules = (WatchRule(("*.py",), then=then),)
        broken = planned(tmp_path, "web", "raise SystemExit(3)", watch=rules, fallback=fallback)
        async with supervising(print, broken) as made:
            await made.start()
            assert made.is_hopeful is hopeful

    run(scene())


def test_a_save_restarts_what_its_rule_restarts(tmp_path):
    async def scene() -> None:
        begun = asyncio.Semaphore(0)
        rules = (WatchRule(("*.py",), then=Then.RESTART),)
        web = planned(tmp_path, "web", "print('begun', flush=True)\n" + SERVER, watch=rules)
        async with supervising(lambda line: line == "web: begun" and begun.release(), web) as made:
            await made.start()
            (tmp_path / "app.py").write_text("saved")
            async with asyncio.timeout(20):
                await begun.acquire()
                await begun.acquire()

    run(scene())


def test_a_save_that_changes_no_byte_restarts_nothing(tmp_path):
    async def scene() -> None:
        begun: list[str] = []
        (tmp_path / "app.py").write_text("as it was")
        written = time.time_ns()
        await until(lambda: time.time_ns() > written + 2 * CLOCK)  # what is newer may still change unseen
        web = planned(tmp_path, "web", "print('begun', flush=True)\n" + SERVER, watch=(RESTARTED,))
        async with supervising(lambda line: line == "web: begun" and begun.append(line), web) as made:
            await made.start()
            await until(lambda: made.running["web"].ready and not names("web: contents"))
            (tmp_path / "app.py").touch()
            (tmp_path / "app.py").write_text("as it was")
            await until(made.records.records)
            assert [record.ended for record in made.records.records()] == [Ended.UNCHANGED]
            (tmp_path / "app.py").write_text("new")
            await until(lambda: len(begun) == 2)

    run(scene())


def test_any_save_starts_a_service_that_is_down(tmp_path):
    async def scene() -> None:
        (tmp_path / "app.py").write_text("as it was")
        source = f"import pathlib, sys\nif not pathlib.Path({str(tmp_path / 'now')!r}).exists(): sys.exit(0)\n{SERVER}"
        async with supervising(print, planned(tmp_path, "web", source, watch=(RESTARTED,))) as made:
            await made.start()
            await until(lambda: made.running["web"].state is State.EXITED and not names("web: contents"))
            (tmp_path / "now").touch()
            (tmp_path / "app.py").touch()
            (tmp_path / "app.py").write_text("as it was")
            await until(lambda: made.running["web"].ready)

    run(scene())


def test_one_task_never_runs_twice_at_once_even_for_two_services(tmp_path):
    async def scene() -> None:
        lines: list[str] = []
        alone = ("sh", "-c", "mkdir busy && sleep 0.2 && rmdir busy && echo alone")
        rule = WatchRule(("*.scss",), run=alone, then=Then.NOTHING)
        services = [planned(tmp_path, name, SERVER, watch=(rule,)) for name in ("web", "shop")]
        async with supervising(lines.append, *services) as made:
            await made.start()
            (tmp_path / "site.scss").write_text("a {}")
            await until(lambda: len(made.records.records()) == 2)
            assert [record.ended for record in made.records.records()] == [Ended.DONE] * 2

    run(scene())


def test_a_save_restarts_three_services_in_the_order_of_their_needs_each_once(tmp_path):
    async def scene() -> None:
        begun: list[str] = []
        folders = {name: tmp_path / name for name in ("shop", "web", "shared")}
        needs = {"shared": (), "web": ("shared",), "shop": ("web",)}
        for folder in folders.values():
            folder.mkdir()
        services = [
            planned(folder, name, "print('begun', flush=True)\n" + SERVER, watch=(RESTARTED,), needs=needs[name])
            for name, folder in folders.items()
        ]
        async with supervising(lambda line: line.endswith(": begun") and begun.append(line), *services) as made:
            await made.start()
            begun.clear()
            for folder in folders.values():
                (folder / "app.py").write_text("saved")
            await until(lambda: len(made.records.records()) == 3)
            assert begun == ["shared: begun", "web: begun", "shop: begun"]
            record = made.records.records("shared")[-1]
            assert [step.service for step in record.steps if step.what is What.READY] == ["shared", "web", "shop"]

    run(scene())


def changed(each: Planned, **fields) -> Planned:
    return replace(each, service=replace(each.service, **fields))


async def take(made: Supervisor, *services: Planned) -> None:
    await made.take(made.prepare(difference(made.planned, services), services), services)


async def ready(made: Supervisor, *names: str) -> None:
    for name in names:
        assert await made.running[name].wait_ready(20), repr(made)


def pids(made: Supervisor) -> dict[str, int | None]:
    return {name: running.pid for name, running in made.running.items()}


def test_a_change_restarts_what_has_changed_and_nothing_else(tmp_path):
    async def scene() -> None:
        web, api, old = (planned(tmp_path, name, SERVER) for name in ("web", "api", "old"))
        async with supervising(print, web, api, old) as made:
            await made.start()
            before = pids(made)
            api, web = changed(api, env={"LOG": "debug"}), changed(web, aliases=("www.test",))
            await take(made, web, api, planned(tmp_path, "new", SERVER))
            await ready(made, "web", "api", "new")
            after = pids(made)
            assert list(after) == ["web", "api", "new"]
            assert after["web"] == before["web"]
            assert after["api"] != before["api"]
            assert not psutil.pid_exists(before["old"] or 0)
            assert made.running["web"].service.aliases == ("www.test",)
        assert psutil.Process().children() == []

    run(scene())


def test_two_services_may_exchange_their_ports(tmp_path):
    async def scene() -> None:
        web, api = planned(tmp_path, "web", SERVER), planned(tmp_path, "api", SERVER)
        async with supervising(print, web, api) as made:
            await made.start()
            await take(made, replace(web, port=api.port), replace(api, port=web.port))
            await ready(made, "web", "api")

    run(scene())


def test_what_comes_starts_after_what_it_needs_also_while_that_is_replaced(tmp_path):
    async def scene() -> None:
        lines: list[str] = []
        never = planned(tmp_path, "api", "import time; time.sleep(600)")
        web = planned(tmp_path, "web", "print('web', flush=True)\n" + SERVER, needs=("api",))
        async with supervising(lines.append, never, web) as made:
            starting = asyncio.get_running_loop().create_task(made.start())
            api = changed(never, command=(sys.executable, "-c", "print('api', flush=True)\n" + SERVER))
            new = planned(tmp_path, "new", "print('new', flush=True)\n" + SERVER, needs=("web",))
            await take(made, api, web, new)
            await starting
            await ready(made, "api", "web", "new")
            assert [line for line in lines if line in ("web: web", "api: api", "new: new")] == [
                "api: api",
                "web: web",
                "new: new",
            ]

    run(scene())


def test_a_service_that_was_ordered_to_stop_stays_so(tmp_path):
    async def scene() -> None:
        web = planned(tmp_path, "web", SERVER)
        async with supervising(print, web) as made:
            await made.start()
            await made.running["web"].stop()
            await take(made, changed(web, env={"LOG": "debug"}))
            assert made.running["web"].state is State.STOPPED

    run(scene())


def test_a_service_that_is_being_stopped_as_ordered_stays_so(tmp_path):
    async def scene() -> None:
        web = planned(tmp_path, "web", SERVER)
        async with supervising(print, web) as made:
            await made.start()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(made.running["web"].stop())
                await passes(lambda: made.running["web"].state is State.STOPPING)
                await take(made, changed(web, env={"LOG": "debug"}))
            assert made.running["web"].state is State.STOPPED

    run(scene())


def test_a_changed_rule_is_followed_and_the_old_one_is_not(tmp_path):
    async def scene() -> None:
        begun = asyncio.Semaphore(0)
        web = planned(tmp_path, "web", "print('begun', flush=True)\n" + SERVER, watch=(WatchRule(("*.py",)),))
        async with supervising(lambda line: line == "web: begun" and begun.release(), web) as made:
            await made.start()
            await take(made, changed(web, watch=(WatchRule(("*.txt",), then=Then.RESTART),)))
            (tmp_path / "app.txt").write_text("saved")
            async with asyncio.timeout(20):
                await begun.acquire()
                await begun.acquire()

    run(scene())


def test_nothing_changes_when_something_that_comes_cannot_be_watched(tmp_path):
    async def scene() -> None:
        web = planned(tmp_path, "web", SERVER)
        async with supervising(print, web) as made:
            await made.start()
            before = pids(made)
            nowhere = planned(tmp_path / "nowhere", "new", SERVER)
            with pytest.raises(ServiceError, match="there is no such folder"):
                await take(made, changed(web, env={"LOG": "debug"}), nowhere)
            assert pids(made) == before
            assert made.planned == [web]

    run(scene())


def test_a_process_that_does_not_end_is_named(tmp_path, caplog):
    async def scene() -> None:
        web = planned(tmp_path, "web", SERVER)
        async with supervising(print, web) as made:
            await made.start()
            running = made.running["web"]

            async def stuck() -> None:
                raise TimeoutError

            ending, running.stop = running.stop, stuck  # type: ignore[method-assign]
            await take(made)
            assert f"web: its old process does not end; end it with: kill -9 {running.pid}" in caplog.text
            await ending()

    with caplog.at_level(logging.ERROR, "devserve"):
        run(scene())


def test_a_change_that_is_broken_off_leaves_nothing_behind(tmp_path):
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER

    async def scene() -> None:
        web = planned(tmp_path, "web", stubborn, stop=Stop(grace=0.5))
        async with supervising(print, web, planned(tmp_path, "old", stubborn, stop=Stop(grace=0.5))) as made:
            await made.start()
            changing = asyncio.get_running_loop().create_task(take(made, changed(web, env={"LOG": "debug"})))
            await asyncio.sleep(0)
            changing.cancel()
            await asyncio.wait({changing})
        assert psutil.Process().children() == []

    run(scene())
