"""`devserve run` in a folder that has no devserve.toml: pages alone, or a Procfile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser_drive import watched
from support.fleet_client import ask
from support.fleet_home import Home, new_home
from support.fleet_running import free_port, running
from support.fleet_stage import export_ca

PROCFILE = """\
web: python3 -m http.server --bind 127.0.0.1 $PORT
worker: echo "LOG is $LOG"; exec sleep 100
"""


def ports() -> tuple[str, ...]:
    return ("--https-port", str(free_port()), "--http-port", "0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a page and nothing else."""
    folder = tmp_path / "hello"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><h1>Hello</h1>\n")
    return folder


def test_a_folder_of_pages_is_served_and_nothing_that_is_hidden(folder: Path, tmp_path: Path) -> None:
    (folder / ".env").write_text("SECRET=1")
    home = new_home(tmp_path)
    with running(home, *ports(), cwd=folder) as devserve:
        devserve.wait_ready("hello")
        url, ca = devserve.rows["hello"].url, export_ca(home, folder)
        page = ask(url, ca)
        assert (page.status, page.headers["X-Devserve"]) == (200, "injected")
        assert "<h1>Hello</h1>" in page.text
        for target in (".env", "../hosts", "%2e%2e/hosts", "%2e%2e%2fhosts"):
            assert ask(f"{url}{target}", ca).status in (400, 404)


@pytest.mark.browser
def test_a_saved_page_is_in_the_browser(folder: Path, trusting_home: Home, page: Page) -> None:
    with running(trusting_home, *ports(), cwd=folder) as devserve:
        devserve.wait_ready("hello")
        seen = watched(page)
        page.goto(devserve.rows["hello"].url)
        expect(page.locator("h1")).to_have_text("Hello")
        seen.until(lambda: seen.greeted, "the page is connected")
        (folder / "index.html").write_text("<!doctype html><h1>Goodbye</h1>\n")
        expect(page.locator("h1")).to_have_text("Goodbye")


@pytest.mark.browser
def test_a_saved_script_is_in_the_page_though_its_server_lets_browsers_keep_it(
    folder: Path, trusting_home: Home, page: Page
) -> None:
    (folder / "Procfile").write_text("hello: python3 -m http.server --bind 127.0.0.1 $PORT\n")
    (folder / "index.html").write_text("<!doctype html><h1></h1><script src=old.js></script>\n")
    script = folder / "old.js"
    script.write_text("document.querySelector('h1').textContent = 'Hello'")
    os.utime(script, (0, 0))  # so old that a browser would keep it for years
    with running(trusting_home, *ports(), cwd=folder) as devserve:
        devserve.wait_ready("hello")
        seen = watched(page)
        page.goto(devserve.rows["hello"].url)
        expect(page.locator("h1")).to_have_text("Hello")
        seen.until(lambda: seen.greeted, "the page is connected")
        script.write_text("document.querySelector('h1').textContent = 'Goodbye'")
        expect(page.locator("h1")).to_have_text("Goodbye")


def test_a_procfile_is_started_with_the_variables_of_dot_env(folder: Path, tmp_path: Path) -> None:
    (folder / "Procfile").write_text(PROCFILE)
    (folder / ".env").write_text("LOG=debug\nPORT=1\n")
    home = new_home(tmp_path)
    with running(home, *ports(), folder, cwd=tmp_path) as devserve:
        devserve.wait_for(lambda: "LOG is debug" in devserve.output, "the worker has its variables")
        devserve.wait_ready("web")
        assert "Hello" in ask(devserve.rows["web"].url, export_ca(home, folder)).text


def test_a_procfile_is_checked_like_any_configuration(folder: Path, tmp_path: Path) -> None:
    (folder / "Procfile").write_text("web: true\njust words\n")
    checked = new_home(tmp_path).devserve("check", cwd=folder)
    assert checked.returncode == 2
    assert 'Procfile:2: "just words" is not "name: command"' in checked.stderr
