"""Real Django, Flask and FastAPI, each started with its own reloader by a command as people have it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from support.browser_drive import Seen, watched
from support.fleet_home import Home
from support.fleet_running import Running, free_port, running
from support.generated import Edit
from support.python_stage import FRAMEWORKS, TEMPLATE, Framework, repositories

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECONDS = 40
HEADER = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")'


@dataclass(frozen=True)
class Stage:
    """The three services, served."""

    home: Home
    folder: Path
    running: Running

    def url(self, name: str) -> str:
        return self.running.rows[name].url

    def starts(self, name: str) -> int:
        """Return how often a service has been started."""
        status = json.loads(self.home.devserve("status", "--json", cwd=self.folder / name).stdout)
        (found,) = [each for each in status["services"] if each["name"] == name]
        return 1 + int(found["restarts"])

    def process(self, name: str) -> psutil.Process:
        """Return the process that answers for a service."""
        return psutil.Process(self.running.listener_on(self.running.rows[name].port))


@pytest.fixture(scope="module")
def stage(trusting_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = repositories(tmp_path_factory.mktemp("python"))
    with running(trusting_home, "--https-port", str(free_port()), "--http-port", "0", folder, cwd=folder) as devserve:
        devserve.wait_for(lambda: FRAMEWORKS.keys() <= devserve.rows.keys(), "all are ready", SECONDS)
        yield Stage(trusting_home, folder, devserve)


def opened(stage: Stage, name: str, page: Page) -> Seen:
    """Open a service's page, and wait until it hears of changes."""
    seen = watched(page)
    page.goto(stage.url(name))
    seen.until(lambda: seen.greeted, "live reload is connected")
    return seen


def saved(stage: Stage, name: str, edit: Edit, seen: Seen) -> None:
    """Save an edit and wait until the page shows it."""
    expect(seen.page.locator(edit.selector)).to_contain_text(edit.old)
    seen.greeted.clear()
    edit.save(stage.folder / name)
    expect(seen.page.locator(edit.selector)).to_contain_text(edit.new)
    seen.until(lambda: seen.greeted, "live reload is connected again")


@pytest.mark.parametrize(("name", "framework"), FRAMEWORKS.items(), ids=FRAMEWORKS)
def test_a_template_loads_the_page_and_code_restarts_the_one_process(
    stage: Stage, page: Page, name: str, framework: Framework
) -> None:
    seen = opened(stage, name, page)
    first = stage.process(name)
    assert first.parent().pid == stage.running.process.pid  # no reloader is between
    assert first.children() == []
    saved(stage, name, TEMPLATE, seen)
    assert stage.process(name) == first
    saved(stage, name, framework.code, seen)
    second = stage.process(name)
    assert second != first
    assert stage.starts(name) == 2
    assert [status for status in seen.statuses if status[0] >= 500] == []
    assert framework.reloads not in stage.running.output


def test_a_websocket_of_fastapi_passes(stage: Stage, page: Page) -> None:
    page.goto(stage.url("fastapi"))
    said = page.evaluate("""() => new Promise((resolve, reject) => {
        const socket = new WebSocket(`wss://${location.host}/socket`);
        socket.onopen = () => socket.send("hello");
        socket.onmessage = (event) => resolve(event.data);
        socket.onerror = () => reject(new Error("no socket"));
    })""")
    assert said == "wss hello"


def test_what_django_refuses_is_shown_with_its_setting_until_it_is_mended(stage: Stage, page: Page) -> None:
    settings = stage.folder / "django/shopsite/settings.py"
    whole = settings.read_text()
    seen = opened(stage, "django", page)

    def save(text: str) -> None:
        seen.greeted.clear()
        settings.write_text(text)
        seen.until(lambda: seen.greeted, "the page of the new process")

    save(whole.replace(HEADER, ""))
    page.get_by_role("button", name="Send").click()
    refused = f"Django refuses a form of {stage.url('django')[:-1]}; in settings.py, write {HEADER}"
    stage.running.wait_for(lambda: f"django: {refused}" in stage.running.output, "the setting is said")
    page.goto(stage.url("django"))  # the answer to a POST is shown as it is
    expect(page.get_by_role("alert")).to_contain_text(refused)
    save(whole.replace("ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["shop.test"]'))
    refused = 'Django refuses the host django.localhost; in settings.py, write ALLOWED_HOSTS = ["django.localhost"]'
    expect(page.get_by_role("alert")).to_contain_text(refused)
    save(whole)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.goto(stage.url("django"))
    page.get_by_role("button", name="Send").click()
    expect(page.locator("b")).to_have_text("sent")
