import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from devserve import plugins
from devserve.config.values import Origin, Project, Service, Then, WatchRule
from devserve.fleet import Planned
from devserve.io.livereload import LiveSockets
from devserve.io.warden import Warden
from devserve.run.lifecycle import State
from devserve.supervisor import Supervisor
from support.live import until
from support.proxied import free_port, run

SERVER = """
import http.server, os
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(os.environ["PORT"]), bind="127.0.0.1")
"""


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


def test_a_save_that_changes_no_byte_restarts_nothing_unless_the_service_is_down(tmp_path, caplog):
    async def scene() -> None:
        pids: list[int | None] = []
        rules = (WatchRule(("*.py",), then=Then.RESTART),)
        source = "import pathlib\nif pathlib.Path('app.py').read_text() == 'wrong': raise SystemExit(3)\n" + SERVER
        (tmp_path / "app.py").write_text("right")
        web = planned(tmp_path, "web", source, watch=rules)
        async with supervising(print, web) as made:
            await made.start()
            running = made.running["web"]
            (tmp_path / "app.py").write_text("right, and new")
            await until(lambda: "ready" in caplog.text, 20)
            pids.append(running.pid)
            (tmp_path / "app.py").touch()
            (tmp_path / "app.py").write_text("right, and new")
            await until(lambda: "no byte of it has changed" in caplog.text)
            assert running.pid == pids[0]
            (tmp_path / "app.py").write_text("wrong")
            await until(lambda: caplog.text.count("app.py → restart") == 2, 20)
            (tmp_path / "app.py").touch()
            (tmp_path / "app.py").write_text("wrong")
            await until(lambda: caplog.text.count("app.py → restart") == 3, 20)
            assert caplog.text.count("no byte of it has changed") == 1

    caplog.set_level("INFO")
    run(scene())
