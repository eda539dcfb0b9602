"""The examples of plugins/README.md, each called as devserve calls it, with what then comes of it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from devserve import Message, Outcome, Service, Table, Then, WatchRule
from devserve.plugins.verify import HOOKS
from devserve.run.application import Application
from devserve.testing import Hooked

REFERENCE = (Path(__file__).parent.parent.parent / "plugins" / "README.md").read_text()
EXAMPLES = dict(re.findall(r"^### (devserve_\w+)\n.*?^```python\n(.*?)^```$", REFERENCE, re.MULTILINE | re.DOTALL))
Example = Callable[..., Hooked]


@pytest.fixture
def example(hooked: Callable[..., Hooked], tmp_path: Path, request: pytest.FixtureRequest) -> Example:
    """Return a function that loads the example of the hook for which the test is named."""
    name = request.node.name.removeprefix("test_").partition("[")[0]
    file = tmp_path / "banner.py"
    file.write_text(EXAMPLES[name])
    return lambda **fields: hooked(file, **fields)


def test_every_example_is_called_here() -> None:
    assert {name.removeprefix("test_") for name in globals() if name.startswith("test_devserve_")} == set(HOOKS)


def test_devserve_settings(example: Example) -> None:
    assert example(tables={"banner": {"text": "here"}}).request().header("X-Served-By") == "here"
    assert example().request().header("X-Served-By") == "a laptop"


def test_devserve_services(example: Example) -> None:
    docs = example().project.services[-1]
    assert (docs.name, docs.host, docs.command[-1]) == ("docs", "docs.test", "$PORT")


def test_devserve_discover(example: Example, tmp_path: Path) -> None:
    (tmp_path / "experiments" / "lights").mkdir(parents=True)

    async def first_found() -> Service:
        for found in example().hooks.discoveries().values():
            async for services in found:
                return services[0]
        raise AssertionError

    lights = asyncio.run(first_found())
    assert (lights.name, lights.host, lights.root) == ("lights", "lights.test", tmp_path / "experiments" / "lights")


def test_devserve_service_defaults(example: Example, tmp_path: Path) -> None:
    assert example().service.command == ()
    (tmp_path / "manage.py").touch()
    assert example().service.command == ("python3", "manage.py", "runserver", "--noreload", "$PORT")


def test_devserve_watch(example: Example) -> None:
    web = example()
    assert web.hooks.watch(web.service)[0] == WatchRule(paths=("translations/*.po",), then=Then.RESTART)


def test_devserve_application(example: Example) -> None:
    web = example()
    mailbox = web.project.services[-1]
    found = web.hooks.application(mailbox)
    assert isinstance(found, Application)
    assert (mailbox.host, found.kind) == ("mailbox.test", "tornado")
    assert web.hooks.application(web.service) is None


def test_devserve_command(example: Example) -> None:
    assert example().command().env["LOG_LEVEL"] == "debug"
    assert example().command(LOG_LEVEL="info").env["LOG_LEVEL"] == "info"


def test_devserve_output(example: Example) -> None:
    found = example().output("src/a.ts(1,1): error TS2304: Cannot find name 'x'.")
    assert found is not None
    assert found.title == "TypeScript does not compile"
    mended = example().output("12:00:00 - Found 0 errors. Watching for file changes.")
    assert mended is not None
    assert mended.is_mended


def test_devserve_ready(example: Example, tmp_path: Path) -> None:
    (tmp_path / "seed.sh").write_text("echo seeded > seeded.txt")
    asyncio.run(example().ready())
    assert (tmp_path / "seeded.txt").read_text() == "seeded\n"


@pytest.mark.parametrize(("status", "stays"), [(1, True), (-9, False)])
def test_devserve_exit(example: Example, tmp_path: Path, status: int, stays: bool) -> None:
    lock = tmp_path / "server.lock"
    lock.touch()
    asyncio.run(example().exit(status))
    assert lock.exists() is stays


def test_devserve_request(example: Example) -> None:
    found = example().request("/api/x", ready=False)
    assert (found.status, found.header("Content-Type")) == (503, "application/json")
    assert json.loads(found.text) == {"error": "web does not run"}
    assert example().request("/api/x").status == 200


def test_devserve_request_headers(example: Example) -> None:
    assert example().request().sent_header("X-User") == "ann@example.com"


def test_devserve_snippet(example: Example) -> None:
    text = example().request().text
    assert '<head><meta name="served-by" content="devserve, web">' in text
    assert "position: fixed; right: 0; bottom: 0 }</style></head>" in text


def test_devserve_response_headers(example: Example) -> None:
    assert example().request("/api/x").header("Cache-Control") == "no-store"
    assert example().request("/x").header("Cache-Control") is None


def test_devserve_changed(example: Example) -> None:
    assert example().changed("static/print.css").then is Then.NOTHING
    message = Message("texts", {"path": "/texts.json"})
    assert example().changed("static/texts.json") == Outcome(Then.NOTHING, ("static/texts.json",), (message,))
    assert example().changed("static/site.css").then is Then.REFRESH


def test_devserve_reloaded(example: Example, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "devserve"):
        asyncio.run(example().reloaded("a.css", "b.css", browsers=2))
    assert "web: 2 pages heard of a.css, b.css" in caplog.messages


def test_devserve_status(example: Example, tmp_path: Path) -> None:
    (tmp_path / "OWNERS").write_text("ann\nbob\n")
    web = example()
    assert web.hooks.status(web.service) == {"owner": "ann"}
    assert web.hooks.status(replace(web.service, root=tmp_path / "none")) == {}


def test_devserve_panels(example: Example, tmp_path: Path) -> None:
    (panel,) = asyncio.run(example().panels())
    assert (panel.title, panel.parts[0]) == ("Migrations", {"Folder": "migrations", "Files": 0})
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "1.sql").write_text("create table a")
    (tmp_path / "migrations" / "2.sql").touch()
    (panel,) = asyncio.run(example().panels())
    table = panel.parts[1]
    assert isinstance(table, Table)
    assert list(table.rows) == [("1", "good"), ("2", "broken")]


def test_devserve_doctor(example: Example, tmp_path: Path) -> None:
    web = example(service=Service("web", tmp_path, "web.test"))
    assert asyncio.run(web.doctor()) == []
    (tmp_path / "package.json").touch()
    (found,) = asyncio.run(web.doctor())
    assert (found.verdict, found.fix) == ("broken", "Run `npm install`")


def test_devserve_commands(example: Example) -> None:
    web = example()
    (seed,) = web.hooks.commands(web.project)
    assert CliRunner().invoke(seed).stdout == "done\n"
