import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devserve.app.gateway import Gateway, Ports
from devserve.app.reconfiguration import Reconfiguration, behind, environments, worded
from devserve.app.source import Source
from devserve.app.supervisor import Supervisor
from devserve.config.allowance import Allowance
from devserve.config.values import Project, Service
from devserve.errors import AuthorityError, ServiceError, UsageError
from devserve.fleet import Planned
from devserve.io.run.warden import Warden
from devserve.plugins import load
from support.authority import authority
from support.proxied import listening, run, until

SERVICE = "[services.web]\nport = 3001\n"
WEB = f'[project]\ndomain = "shop.test"\n{SERVICE}'
API = "[services.api]\nport = 3002\n"


@dataclass
class Scene:
    """A repository that is served, and what is heard of it."""

    file: Path
    gateway: Gateway
    supervisor: Supervisor
    names: list[Sequence[str]] = field(default_factory=list)
    waits: bool = False  # whether what is saved may not run yet
    refusal: str = ""
    claimed: list[list[str]] = field(default_factory=list)

    def hosts(self) -> set[str]:
        return {route.host for route in self.gateway.site.routes if route.service is not None}

    async def claim(self, services: Sequence[Service]) -> str:
        self.claimed.append([service.host for service in services])
        return self.refusal if len(self.claimed) == 1 else ""


@asynccontextmanager
async def serving(folder: Path, meanwhile: str = WEB) -> AsyncIterator[Scene]:
    file = folder / "devserve.toml"
    file.write_text(WEB)
    async with AsyncExitStack() as closing:
        https = listening()
        closing.callback(https.close)
        warden = Warden()
        closing.push_async_callback(warden.close)
        gateway = Gateway(Ports(https, None), authority(), None, closing)
        supervisor = Supervisor(gateway.live, warden, {}, print)
        closing.push_async_callback(supervisor.stop)
        scene = Scene(file, gateway, supervisor)
        source = Source(
            (file,), waiting=lambda found: [Allowance(found[0].file, ("web runs: x",))] if scene.waits else []
        )
        for each in source.plan(source.read()):
            gateway.add(each.service, each.port, supervisor.add(each), each.hooks)
        await supervisor.start()
        file.write_text(meanwhile)
        made = Reconfiguration(source, authority(), gateway, supervisor, scene.names.append, scene.claim)
        closing.push_async_callback(made.close)
        await until(lambda: "busy" not in repr(made))
        yield scene


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch, caplog) -> Path:
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", str(tmp_path / "hosts"))
    repository = tmp_path / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    caplog.set_level(logging.INFO, "devserve")
    return repository


def test_what_is_saved_is_answered_and_said_in_one_line(home, caplog):
    async def conversation() -> None:
        async with serving(home) as scene:
            scene.file.write_text(WEB + API)
            await until(lambda: scene.names == [["web", "api"]])
            assert scene.hosts() == {"web.shop.test", "api.shop.test"}
            assert scene.claimed == [["web.shop.test", "api.shop.test"]]
            await until(lambda: scene.supervisor.running["api"].ready)

    run(conversation())
    assert "devserve.toml: api is new" in caplog.messages


def test_what_was_saved_while_devserve_started_counts_too(home, caplog):
    async def conversation() -> None:
        async with serving(home, WEB + API):
            await until(lambda: "devserve.toml: api is new" in caplog.messages)

    run(conversation())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{WEB}prot = 1\n", 'devserve.toml:5:1: unknown key "prot"'),
        ("", "there is no service to run"),
        (f'{WEB}aliases = ["shop.example"]\n', "may not sign names below shop.example"),
        (f'{WEB}livereload.host = "live.example"\n', "live.example"),
        (None, "devserve.toml: no longer there; put it back, or end devserve"),
    ],
)
def test_what_is_wrong_is_said_once_and_everything_stays(home, caplog, text, sentence):
    async def conversation() -> None:
        async with serving(home) as scene:
            scene.file.unlink() if text is None else scene.file.write_text(text)
            await until(lambda: sentence in caplog.text)
            assert scene.hosts() == {"web.shop.test"}
            if text is not None:
                scene.file.write_text(text)
            scene.file.with_name("devserve.toml~").write_text(WEB)
            scene.file.with_name("devserve.toml~").rename(scene.file)
            await until(lambda: "devserve.toml: nothing changes" in caplog.messages)
            assert len([each for each in caplog.messages if sentence in each]) == 1

    run(conversation())


def test_a_broken_env_file_keeps_what_runs_until_it_is_mended(home, caplog):
    async def conversation() -> None:
        (home / ".env").write_text("not a variable\n")
        async with serving(home, f'{WEB}env_file = ".env"\n') as scene:
            await until(lambda: ".env:1: not NAME=value" in caplog.text)
            (home / ".env").write_text("A=1\n")
            await until(lambda: ".env: web changes" in caplog.messages)
            (home / ".env").write_text("not one either\n")
            await until(lambda: caplog.text.count(".env:1: not NAME=value") == 2)
            assert scene.supervisor.running["web"].service.env_file == home / ".env"

    run(conversation())


def test_a_service_may_not_get_devserves_own_port(home, caplog):
    async def conversation() -> None:
        async with serving(home) as scene:
            scene.file.write_text(WEB.replace("3001", str(scene.gateway.ports.https.port)))
            await until(lambda: "is devserve's own" in caplog.text)

    run(conversation())


def test_a_saved_plugin_is_followed_unless_it_is_wrong(home, caplog):
    plugin = "from devserve import Service, hookimpl\n\n@hookimpl\ndef devserve_services(project):\n    return [%s]\n"
    added = 'Service("docs", project.root, "docs.shop.test", port=3003)'

    async def conversation() -> None:
        (home / "plugin.py").write_text(plugin % "")
        async with serving(home) as scene:
            scene.file.write_text(f'[project]\ndomain = "shop.test"\nplugins = ["plugin.py"]\n{SERVICE}')
            await until(lambda: "devserve.toml: web changes" in caplog.messages)
            (home / "plugin.py").write_text(plugin % "broken")
            await until(lambda: "plugin.py:5: NameError" in caplog.text)
            (home / "plugin.py").write_text(plugin % added)
            await until(lambda: "plugin.py: web changes, docs is new" in caplog.messages)
            assert scene.hosts() == {"web.shop.test", "docs.shop.test"}

    run(conversation())


def test_what_somebody_refuses_is_not_taken(home, caplog):
    async def conversation() -> None:
        async with serving(home) as scene:
            scene.refusal = "api.shop.test is served by somebody else"
            scene.file.write_text(WEB + API)
            await until(lambda: scene.refusal in caplog.text)
            assert scene.hosts() == {"web.shop.test"}

    run(conversation())


def test_a_change_that_is_not_allowed_yet_waits_and_each_service_says_so(home, caplog):
    async def conversation() -> None:
        async with serving(home) as scene:
            web = scene.supervisor.running["web"]
            scene.waits = True
            scene.file.write_text(WEB + API)
            await until(lambda: bool(web.pending))
            assert f"look at it with: devserve allow {home}. Until then what was allowed runs on." in web.pending
            assert scene.hosts() == {"web.shop.test"}
            assert web.ready
            scene.waits = False
            scene.file.write_text(f"{WEB}{API}\n")
            await until(lambda: "api" in scene.supervisor.running)
            assert web.pending == ""

    run(conversation())


def test_names_are_given_back_when_something_else_is_in_the_way(home, caplog):
    async def conversation() -> None:
        def full(*_: object) -> None:
            raise AuthorityError("no more names")

        async with serving(home) as scene:
            scene.gateway.replace = full
            scene.file.write_text(WEB + API)
            await until(lambda: len(scene.claimed) == 2)
            assert scene.claimed == [["web.shop.test", "api.shop.test"], ["web.shop.test"]]

    run(conversation())


@pytest.mark.parametrize(
    ("saved", "told_of"),
    [
        (f'{WEB}livereload.csp = "leave"\n', ["web"]),
        (WEB.replace("[services", 'plugins = ["tool.py"]\n[services'), ["web"]),
        (f'{WEB}aliases = ["shop.test"]\n', []),
    ],
    ids=["live reload", "plugins", "something else"],
)
def test_pages_of_a_service_whose_live_reload_or_plugins_have_changed_load_again(home, saved, told_of):
    async def conversation() -> None:
        async with serving(home) as scene:
            (home / "tool.py").touch()
            told: list[tuple[str, Sequence[str]]] = []
            scene.gateway.live.tell = lambda *said: told.append(said) or 0
            before = scene.supervisor.planned
            scene.file.write_text(saved)
            await until(lambda: scene.supervisor.planned != before)
            assert [name for name, _ in told] == told_of

    run(conversation())


def planned(folder: Path, name: str, env_file: str = "") -> Planned:
    service = Service(name, folder, f"{name}.test", env_file=folder / env_file if env_file else None)
    return Planned(service, load(Project(folder / "devserve.toml")), 3000)


def test_names_the_files_behind_services(home):
    services = [planned(home, "web"), planned(home, "api", ".env")]
    assert set(behind(services)) == {home / "devserve.toml", home / ".env"}


def test_an_env_file_that_cannot_be_read_is_an_error_or_unknown(home):
    (home / ".env").write_text("A=1\n")
    services = [planned(home, "web", ".env"), planned(home, "api", "gone"), planned(home, "docs")]
    assert environments(services, ["api"]) == {"web": {"A": "1"}, "api": None, "docs": {}}
    with pytest.raises(ServiceError, match="gone"):
        environments(services)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UsageError("no"), "no"),
        (AuthorityError("run `devserve setup`"), "run `devserve setup`. Then end devserve and start it again."),
    ],
)
def test_what_setup_mends_takes_a_new_start(error, said):
    assert worded(error) == said
