"""gulp, gulp-livereload and connect-livereload as npm has them, behind devserve, in Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser_drive import watched
from support.fleet_home import Home
from support.fleet_running import Running
from support.node_stage import copy_of_gulp, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

COLOUR = "(colour) => getComputedStyle(document.querySelector('h1')).color === colour"


@pytest.fixture(scope="module")
def gulp(trusting_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Running, int]]:
    root = copy_of_gulp(tmp_path_factory.mktemp("gulp"))
    with served(trusting_home, root, "shop", "mail") as (devserve, port):
        devserve.wait_for(lambda: "passing on what the livereload server" in devserve.output, "the relay is connected")
        yield root, devserve, port


def save(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize("name", ["shop", "mail"])
def test_a_saved_stylesheet_is_built_by_gulp_and_swapped(
    gulp: tuple[Path, Running, int], page: Page, name: str
) -> None:
    root, _, port = gulp
    seen = watched(page)
    page.goto(f"https://{name}.gulp.localhost:{port}/")
    socket = f"wss://livereload.{name}.gulp.localhost:{port}/livereload"
    seen.until(lambda: socket in seen.greeted, "the socket through the proxy is greeted")
    page.evaluate("window.marked = true")
    save(root / name / f"src/{name}.css", "rgb(29, 53, 87)", "rgb(0, 128, 0)")
    page.wait_for_function(COLOUR, arg="rgb(0, 128, 0)")
    assert page.evaluate("window.marked") is True


@pytest.mark.parametrize("name", ["shop", "mail"])
def test_a_saved_page_is_built_by_gulp_and_loaded_again(gulp: tuple[Path, Running, int], page: Page, name: str) -> None:
    root, _, port = gulp
    seen = watched(page)
    page.goto(f"https://{name}.gulp.localhost:{port}/")
    seen.until(lambda: seen.greeted, "the socket is greeted")
    save(root / name / "src/index.html", "reloaded by gulp", "reloaded by gulp indeed")
    expect(page.get_by_text("reloaded by gulp indeed")).to_be_visible()


def test_the_script_of_a_services_own_server_comes_from_it(gulp: tuple[Path, Running, int], page: Page) -> None:
    _, _, port = gulp
    page.goto(f"https://shop.gulp.localhost:{port}/")
    script = page.locator("script").first.get_attribute("src")
    assert script is not None
    assert script.startswith(f"https://livereload.shop.gulp.localhost:{port}/livereload.js?port={port}&")
    page.wait_for_function("window.LiveReload")
    assert page.evaluate("'LiveReloadPluginDevserve' in window") is False


def test_a_task_that_errored_is_shown_until_it_finishes(gulp: tuple[Path, Running, int], page: Page) -> None:
    root, devserve, port = gulp
    file = root / "mail/src/mail.css"
    seen = watched(page)
    page.goto(f"https://mail.gulp.localhost:{port}/")
    seen.until(lambda: seen.greeted, "the socket is greeted")
    before = file.read_text()
    file.write_text(before + "\nh2 { color: red\n")
    expect(page.get_by_role("alert")).to_contain_text("gulp css failed")
    expect(page.get_by_role("alert")).to_contain_text('mail.css: a "}" is missing')
    devserve.wait_for(lambda: "'css' errored after" in devserve.output, "gulp's words are shown")
    file.write_text(before + "\nh2 { color: red }\n")
    expect(page.get_by_role("alert")).to_have_count(0)


TASK = """
[services.task]
command = "python3 -m http.server --bind 127.0.0.1 --directory public $PORT"
[[services.task.watch]]
paths = ["src/*.css"]
run = "gulp css"
then = "refresh"
"""


def test_a_rule_runs_a_task_of_the_repositorys_own_gulp(trusting_home: Home, tmp_path: Path, page: Page) -> None:
    root = copy_of_gulp(tmp_path)
    shutil.copytree(root / "mail/src", root / "mail/public")
    (root / "mail/devserve.toml").write_text(TASK)
    style = root / "mail/src/mail.css"
    with served(trusting_home, root / "mail", "task") as (devserve, port):
        seen = watched(page)
        page.goto(f"https://task.localhost:{port}/")
        seen.until(lambda: seen.greeted, "the socket is greeted")
        style.write_text("h1 { color: rgb(0, 0, 255) ")
        expect(page.get_by_role("alert")).to_contain_text('mail.css: a "}" is missing')
        style.write_text("h1 { color: rgb(0, 0, 255) }")
        page.wait_for_function(COLOUR, arg="rgb(0, 0, 255)")
        expect(page.get_by_role("alert")).to_have_count(0)
        devserve.wait_for(lambda: "gulp css failed with status 1" in devserve.output, "the failure is said")
