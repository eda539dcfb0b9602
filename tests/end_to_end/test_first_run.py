"""A new repository of each tool, `devserve init`, `devserve run`, in Chromium: what init writes works at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support import generated
from support.at_a_terminal import at_a_terminal
from support.browser_drive import watched
from support.fleet_client import ask
from support.fleet_home import Home, new_home
from support.fleet_running import Running, free_port, running
from support.fleet_stage import export_ca
from support.generated import Edit, Generator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SECONDS = 40
MILLISECONDS = 1000 * SECONDS  # a restart takes its time on a busy machine
OWN_RELOADERS = ("Watching for file changes", "Restarting with", "nodemon")
STACKS: dict[str, tuple[Generator, str, tuple[Edit, ...]]] = {
    "vite": (generated.vite, "", (Edit("src/main.js", "Get started", "Get going"),)),
    "express": (generated.express, "hello", (Edit("routes/index.js", "one", "two"),)),
    "express-by-hand": (generated.express_by_hand, "", (Edit("app.js", "one", "two"),)),
    "django": (
        generated.django,
        "",
        (Edit("shopsite/urls.py", "one", "two"), Edit("templates/hello.html", "first", "second", "p")),
    ),
    "flask": (
        generated.flask,
        "",
        (Edit("app.py", "one", "two"), Edit("templates/hello.html", "first", "second", "p")),
    ),
    "gulp": (generated.gulp, "", (Edit("src/index.html", "Built and", "Built, served and", "p"),)),
    "pages": (generated.pages, "", (Edit("index.html", "one", "two"),)),
}
HOSTS = {  # each stack that checks the host, at one that is not below localhost
    "vite": (generated.vite, 200, "/@vite/client"),
    "flask": (generated.flask, 200, "<h1>one"),
    "django": (generated.django, 400, "ALLOWED_HOSTS"),
}


def ports() -> tuple[str, ...]:
    return ("--https-port", str(free_port()), "--http-port", "0")


def ready(devserve: Running) -> str:
    """Return the address once the service is ready."""
    devserve.wait_for(lambda: "shop" in devserve.rows, "shop ready", SECONDS)
    return devserve.rows["shop"].url


@pytest.mark.parametrize(("generate", "path", "edits"), STACKS.values(), ids=STACKS)
def test_what_init_writes_shows_the_page_and_its_edits(
    generate: Generator, path: str, edits: tuple[Edit, ...], trusting_home: Home, page: Page, tmp_path: Path
) -> None:
    root = tmp_path / "shop"
    generate(root)
    started = trusting_home.devserve("init", cwd=root)
    assert started.returncode == 0, started.stderr
    with running(trusting_home, *ports(), cwd=root) as devserve:
        seen = watched(page)
        page.goto(ready(devserve) + path)
        seen.until(lambda: seen.greeted or "[vite] connected" in str(seen.console), "live reload is connected")
        for edit in edits:
            expect(page.locator(edit.selector)).to_contain_text(edit.old)
            seen.greeted.clear()
            edit.save(root)
            expect(page.locator(edit.selector)).to_contain_text(edit.new)
        assert [status for status in seen.statuses if status[0] >= 500] == []
        assert re.search(r"^ready in \d+\.\d s; open https://shop\.localhost:\d+/", devserve.output, re.MULTILINE)
        assert [word for word in OWN_RELOADERS if word in devserve.output] == []


def test_vite_updates_a_stylesheet_hot(trusting_home: Home, page: Page, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    generated.vite(root)
    assert trusting_home.devserve("init", cwd=root).returncode == 0
    with running(trusting_home, *ports(), cwd=root) as devserve:
        seen = watched(page)
        page.goto(ready(devserve))
        seen.until(lambda: "[vite] connected" in str(seen.console), "Vite's socket is connected")
        page.evaluate("window.marked = true")
        style = root / "src/style.css"
        style.write_text(style.read_text() + "\nh1 { color: rgb(0, 128, 0) !important }\n")
        page.wait_for_function("getComputedStyle(document.querySelector('h1')).color === 'rgb(0, 128, 0)'")
        assert page.evaluate("window.marked") is True


@pytest.mark.parametrize(("generate", "status", "text"), HOSTS.values(), ids=HOSTS)
def test_a_host_that_was_answered_at_init_passes_the_check_or_its_setting_is_named(
    generate: Generator, status: int, text: str, tmp_path: Path
) -> None:
    home, root = new_home(tmp_path), tmp_path / "shop"
    generate(root)
    with at_a_terminal(home, "init", cwd=root) as terminal:
        for question, answer in (("starts it?", ""), ("which host?", "shop.example.test"), ("restart it?", "")):
            if question == "restart it?" and generate is generated.vite:
                break  # it has nothing to restart for
            terminal.wait_for(question)
            terminal.type(f"{answer}\n")
        assert terminal.wait_end() == 0
    with running(home, *ports(), cwd=root) as devserve:
        answer = ask(ready(devserve), export_ca(home, root), Accept="text/html")
        assert (answer.status, text in answer.text) == (status, True)
