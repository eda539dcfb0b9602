import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devserve import plugins
from devserve.app import orders as module
from devserve.app.gateway import Gateway
from devserve.app.orders import Orders
from devserve.app.supervisor import Supervisor
from devserve.config.values import Livereload, Project, Ready, Service, Stop
from devserve.difference import difference
from devserve.errors import UsageError
from devserve.fleet import Planned
from devserve.hub.orders import Leads, Line, Order, Outcome, Progress, Status, Told, Verb
from devserve.io.hub.followers import Followers
from devserve.io.proxy.binding import Ports
from devserve.io.run.warden import Warden
from devserve.io.tasks import spawn
from devserve.live.why import record_of
from devserve.plugins.listing import listed_in
from devserve.run.lifecycle import State
from support.authority import authority
from support.live import passes
from support.proxied import free_port, listening, run, until
from support.records import REFRESHED

SERVER = """
import http.server, os
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(os.environ["PORT"]), bind="127.0.0.1")
"""
LISTENS = "print('listens', flush=True)\n" + SERVER
MAILBOX = """
from devserve import Application, hookimpl

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"no mail"]

@hookimpl
def devserve_application():
    return Application("wsgi", app)
"""
BROKEN = "raise SystemExit(3)"


class Scene:
    """A supervisor and a gateway that take orders, and what was said."""

    def __init__(self, gateway: Gateway, supervisor: Supervisor, followers: Followers) -> None:
        self.gateway = gateway
        self.supervisor = supervisor
        self.followers = followers
        self.orders = Orders(gateway, supervisor, followers)
        self.said: list[object] = []

    async def say(self, answer: object) -> None:
        self.said.append(answer)

    async def give(self, verb: Verb, *names: str, **more: object) -> list[object]:
        """Carry an order out and return the answers, without those about its progress."""
        self.said.clear()
        await self.orders.carry_out(Order(verb, names, **more), self.say)
        return [answer for answer in self.said if not isinstance(answer, Progress)]

    def state(self, name: str) -> State:
        return self.supervisor.running[name].state


@asynccontextmanager
async def scene_of(folder: Path, *services: Service, files: tuple[Path, ...] = ()) -> AsyncIterator[Scene]:
    hooks = plugins.load(Project(folder / "devserve.toml", plugins=files))
    async with AsyncExitStack() as closing:
        warden = Warden()
        closing.push_async_callback(warden.close)
        https = listening()
        closing.callback(https.close)
        gateway = Gateway(Ports(https, None), authority(), None, closing)
        followers = Followers(lambda name, text: None)
        supervisor = Supervisor(gateway.live, warden, {}, followers.line)
        closing.push_async_callback(supervisor.stop)
        for service in services:
            planned = Planned(service, hooks, free_port())
            gateway.add(service, planned.port, supervisor.add(planned), hooks)
        await supervisor.start()
        yield Scene(gateway, supervisor, followers)


def service(folder: Path, name: str, source: str = SERVER, **fields) -> Service:
    quiet = {"watch": (), "stop": Stop(grace=0.5), "livereload": Livereload(source="off")}
    return Service(name, folder, f"{name}.test", command=(sys.executable, "-c", source), **{**quiet, **fields})


def elsewhere(folder: Path, name: str) -> Service:
    return Service(name, folder, f"{name}.test", port=free_port(), livereload=Livereload(source="off"))


def inside(folder: Path, name: str, **fields) -> Service:
    return Service(name, folder, f"{name}.test", livereload=Livereload(source="off"), **fields)


def outcomes(said: list[object]) -> dict[str, tuple[bool, str]]:
    return {each.service: (each.ok, each.text.split(" after ")[0]) for each in said if isinstance(each, Outcome)}


def test_status_says_how_each_service_stands(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web"), service(tmp_path, "api", BROKEN)) as scene:
            web, api = await scene.give(Verb.STATUS)
            running = scene.supervisor.running["web"]
            url = f"https://web.test:{scene.gateway.ports.https.port}/"
            origin = f"http://127.0.0.1:{running.port}"
            assert web == Status(
                "web", "web", str(tmp_path), "ready", url, origin, running.port, running.pid, web.seconds
            )
            assert 0 < web.seconds < 60
            assert (api.state, api.pid, api.seconds) == ("exited", None, None)
            assert api.problem.startswith("api: ended with exit status 3")
            assert await scene.give(Verb.STATUS, "api") == [api]

    run(scenario())


def test_restart_returns_when_the_new_process_is_ready(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web"), service(tmp_path, "api")) as scene:
            before = {name: running.pid for name, running in scene.supervisor.running.items()}
            assert outcomes(await scene.give(Verb.RESTART, "web")) == {"web": (True, "ready")}
            after = {name: running.pid for name, running in scene.supervisor.running.items()}
            assert scene.state("web") is State.READY
            assert after["web"] != before["web"]
            assert after["api"] == before["api"]
            assert scene.said[0] == Progress("web", "restarting", scene.said[0].seconds)
            web, api = await scene.give(Verb.STATUS)
            assert (web.restarts, api.restarts) == (1, 0)
            assert web.seconds < api.seconds

    run(scenario())


def test_what_is_needed_is_restarted_first(tmp_path):
    async def scenario():
        web = service(tmp_path, "web", needs=("api",))
        async with scene_of(tmp_path, web, service(tmp_path, "api")) as scene:
            assert list(outcomes(await scene.give(Verb.RESTART))) == ["api", "web"]
            ended = scene.said.index(next(each for each in scene.said if isinstance(each, Outcome)))
            assert {each.service for each in scene.said[:ended]} == {"api"}

    run(scenario())


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.START])
def test_a_restart_that_fails_says_why(tmp_path, verb):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web", BROKEN)) as scene:
            assert outcomes(await scene.give(verb)) == {"web": (False, "ended with exit status 3")}

    run(scenario())


def test_what_does_not_become_ready_in_its_time_is_said_and_its_wait_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.01)
    monkeypatch.setattr(module, "MOMENT", 0.2)

    async def scenario():
        idle = service(tmp_path, "web", "import time; time.sleep(60)", ready=Ready(timeout=0.1))
        async with scene_of(tmp_path, idle) as scene:
            ((ok, said),) = outcomes(await scene.give(Verb.RESTART)).values()
            assert not ok
            assert said.startswith("not ready")
            assert len([each for each in scene.said if isinstance(each, Progress) and each.state == "starting"]) > 2

    run(scenario())


def test_a_stopped_service_stays_so_until_it_is_started(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web"), service(tmp_path, "api")) as scene:
            web = scene.supervisor.running["web"]
            assert outcomes(await scene.give(Verb.STOP, "web")) == {"web": (True, "stopped")}
            await web.restart()  # as after a save
            assert (web.state, web.pid, scene.state("api")) == (State.STOPPED, None, State.READY)
            assert web.explanation == "It was stopped; `devserve start web` starts it again."
            assert scene.supervisor.is_hopeful
            said = outcomes(await scene.give(Verb.START))
            assert said == {"web": (True, "ready"), "api": (True, "runs already")}

    run(scenario())


def test_restart_starts_what_was_stopped(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web")) as scene:
            await scene.give(Verb.STOP)
            assert outcomes(await scene.give(Verb.RESTART)) == {"web": (True, "ready")}

    run(scenario())


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.STOP, Verb.START])
def test_what_something_else_starts_is_left_to_it(tmp_path, verb):
    async def scenario():
        async with scene_of(tmp_path, elsewhere(tmp_path, "web")) as scene:
            assert await scene.give(verb) == []
            said = f"it has no command: {verb} it where it was started"
            assert await scene.give(verb, "web") == [Outcome("web", ok=False, text=said)]

    run(scenario())


@pytest.mark.parametrize(
    ("source", "fields", "who"),
    [
        (MAILBOX, {}, "the application of {folder}/own.py"),
        (MAILBOX, {"port": 3999}, "the application of {folder}/own.py"),  # which nobody asks at that port
        ("", {}, "a plugin"),  # whose devserve_request answers
    ],
)
def test_what_is_answered_in_devserve_is_ready_has_no_port_and_no_process(tmp_path, source, fields, who):
    async def scenario():
        plugin = tmp_path / "own.py"
        plugin.write_text(source)
        async with scene_of(tmp_path, inside(tmp_path, "mail", **fields), files=(plugin,)) as scene:
            (mail,) = await scene.give(Verb.STATUS)
            assert (mail.state, mail.origin, mail.port, mail.problem) == ("ready", "in devserve", None, "")
            leads, *_ = await scene.give(Verb.ROUTES, "mail")
            assert leads.origin == "devserve"
            for verb in (Verb.RESTART, Verb.STOP, Verb.START):
                assert await scene.give(verb) == []
            for verb in (Verb.RESTART, Verb.STOP):
                said = f"{who.format(folder=tmp_path)} answers in devserve itself, so there is no process to {verb}"
                assert await scene.give(verb, "mail") == [Outcome("mail", ok=False, text=said)]
            assert await scene.give(Verb.START, "mail") == [Outcome("mail", ok=True, text="runs already")]

    run(scenario())


def test_an_order_that_was_begun_goes_on_when_nobody_waits_for_it(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web")) as scene:
            before = scene.supervisor.running["web"].pid
            giving = asyncio.get_running_loop().create_task(scene.give(Verb.RESTART))
            await passes(lambda: scene.state("web") is State.RESTARTING)
            giving.cancel()
            await until(lambda: scene.state("web") is State.READY)
            assert scene.supervisor.running["web"].pid != before

    run(scenario())


def texts(said: list[object]) -> list[str]:
    return [f"{each.service}: {each.text}" for each in said if isinstance(each, Line)]


def test_logs_are_the_last_lines_in_the_order_in_which_they_came(tmp_path):
    async def scenario():
        web = service(tmp_path, "web", "print('a', flush=True); print('b', flush=True)\n" + LISTENS, needs=("api",))
        api = service(tmp_path, "api", LISTENS)
        async with scene_of(tmp_path, web, api) as scene:
            said = [line for line in texts(await scene.give(Verb.LOGS, lines=50)) if "HTTP" not in line]
            assert said == ["api: listens", "web: a", "web: b", "web: listens"]
            assert len(await scene.give(Verb.LOGS, "web", lines=1)) == 1
            assert await scene.give(Verb.LOGS, lines=0) == []
            assert await scene.give(Verb.LOGS, lines=9, after=asyncio.get_running_loop().time()) == []

    run(scenario())


def test_logs_are_followed_without_a_gap(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web", LISTENS), service(tmp_path, "api", LISTENS)) as scene:
            following = asyncio.get_running_loop().create_task(scene.give(Verb.LOGS, "web", lines=50, follow=True))
            await until(lambda: "web: listens" in texts(scene.said))
            scene.followers.line("web", "one more")
            scene.followers.line("api", "not asked for")
            await until(lambda: "web: one more" in texts(scene.said))
            assert not [line for line in texts(scene.said) if line.startswith("api")]
            following.cancel()
            await asyncio.wait({following})
            assert repr(scene.followers) == "<Followers 0>"

    run(scenario())


def test_reload_says_how_many_browsers_heard(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web"), service(tmp_path, "api")) as scene:
            assert await scene.give(Verb.RELOAD, "web", files=("a.css",)) == [Told("web", 0)]

    run(scenario())


def test_why_gives_the_last_records_of_the_services(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web"), service(tmp_path, "api")) as scene:
            for name in ("web", "api", "web"):
                scene.supervisor.records.add(replace(REFRESHED, service=name))
            said = await scene.give(Verb.WHY, lines=2)
            assert [each.service for each in said] == ["api", "web"]
            assert record_of(json.loads(said[0].record)) == replace(REFRESHED, service="api")
            assert len(await scene.give(Verb.WHY, "web", lines=9)) == 2

    run(scenario())


def test_plugins_are_told_once_for_all_services_of_a_project_with_what_came_of_them(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web"), service(tmp_path, "api")) as scene:
            said = [listed_in(json.loads(each.plugin)) for each in await scene.give(Verb.PLUGINS)]
            names = [each.name for each in said]
            assert len(names) == len(set(names))
            assert {"devserve", "gulp"} <= set(names)
            assert {each.project for each in said} == {str(tmp_path / "devserve.toml")}
            assert all(hook.calls is not None for each in said for hook in each.hooks)

    run(scenario())


def test_routes_say_what_each_address_leads_to(tmp_path):
    async def scenario():
        web = service(tmp_path, "web", aliases=("www.test",), livereload=Livereload())
        async with scene_of(tmp_path, web, service(tmp_path, "api")) as scene:
            port = scene.gateway.ports.https.port
            origin = f"http://127.0.0.1:{scene.supervisor.running['web'].port}"
            assert await scene.give(Verb.ROUTES, "web") == [
                Leads(f"https://{host}:{port}/", host, "/", origin, "web", str(tmp_path))
                for host in ("web.test", "www.test")
            ]
            own = {(each.host, each.path): each for each in await scene.give(Verb.ROUTES)}
            assert own["devserve.localhost", "/"].origin == "devserve"
            assert own["livereload.web.test", "/"].service == ""
            assert own["api.test", "/"].service == "api"

    run(scenario())


def test_a_service_that_is_gone_is_said(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web")) as scene:
            with pytest.raises(UsageError, match=f"api does not run any more in the devserve with pid {os.getpid()}"):
                await scene.give(Verb.STOP, "api")

    run(scenario())


@pytest.mark.parametrize(("stays", "said"), [(True, "ready"), (False, "devserve.toml has it no more")])
def test_an_order_goes_to_what_is_in_a_services_place_by_then(tmp_path, stays, said):
    async def scenario():
        web = service(tmp_path, "web", needs=("api",))
        async with scene_of(tmp_path, service(tmp_path, "api"), web) as scene:
            supervisor = scene.supervisor
            old = supervisor.running["web"]
            ordered = spawn(scene.give(Verb.RESTART), "order")
            await passes(lambda: scene.state("api") is State.RESTARTING)
            api, was = supervisor.planned
            plan = [api, replace(was, service=replace(web, env={"LOG": "debug"}))] if stays else [api]
            await supervisor.take(supervisor.prepare(difference([api, was], plan), plan), plan)
            assert outcomes(await ordered) == {"api": (True, "ready"), "web": (stays, said)}
            assert old.state is State.STOPPED

    run(scenario())


def test_no_order_starts_what_may_not_run(tmp_path):
    async def scenario():
        async with scene_of(tmp_path, service(tmp_path, "web", would_run=("web runs: x",))) as scene:
            for verb in (Verb.START, Verb.RESTART, Verb.STOP, Verb.START):
                (came,) = await scene.give(verb, "web")
                assert came.ok is (verb is Verb.STOP)
                assert came.ok or f"`devserve allow {tmp_path}`" in came.text
            (status,) = await scene.give(Verb.STATUS)
            assert (status.state, status.pid, status.restarts) == ("not allowed yet", None, 0)
            assert status.problem == came.text
            assert not scene.supervisor.running["web"].coming
            assert scene.supervisor.is_hopeful

    run(scenario())
