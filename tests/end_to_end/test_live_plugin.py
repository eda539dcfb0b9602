"""devserve's LiveReload plugin in Chromium, under a strict policy, in front of the stock script and of a newer one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Error, Page, expect

from support.browser_drive import Seen, keep_screenshot, watched
from support.fleet_home import ROOT, Home, repository
from support.fleet_running import Running, free_port, running, until
from support.node_packages import need_node_packages

pytestmark = pytest.mark.browser

CONFIGURATION = """
[project]
plugins = ["tokens.py"]
[services.strict]
command = ["python3", "server.py"]
[[services.strict.watch]]
paths = ["build.py"]
then = "restart"
[[services.strict.watch]]
paths = ["*.scss"]
run = ["sh", "-c", "grep -q '<' style.scss && { cat style.scss; exit 1; }; cp style.scss style.css"]
then = "refresh"
[[services.strict.watch]]
paths = ["*.css", "*.svg"]
then = "refresh"
[[services.strict.watch]]
paths = ["*.html", "*.json"]
then = "reload"
"""
TOKENS = """
from devserve import Message, Outcome, Then, hookimpl

@hookimpl
def devserve_changed(paths):
    if set(paths) == {"tokens.json"}:
        return Outcome(Then.NOTHING, messages=(Message("tokens", {"paths": list(paths)}),))
"""
PAGE = """<!doctype html><html><head><title>strict</title><link rel="stylesheet" href="style.css"></head>
<body><h1>Strict</h1><img src="mark.svg" alt="mark"><div id="host"></div>
<iframe name="bare" src="bare.html"></iframe><iframe name="inner" src="inner.html"></iframe>
<script src="page.js"></script></body></html>"""
SCRIPT = """const root = document.getElementById("host").attachShadow({mode: "open"});
const link = document.createElement("link");
link.rel = "stylesheet"; link.href = "style.css";
const text = document.createElement("b");
text.textContent = "shadow";
root.append(link, text);
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{0}"/>'
BARE = '<!doctype html><link rel="stylesheet" href="style.css"><b>bare</b>'
COLOURS = """() => [
  document.querySelector("h1"), document.getElementById("host").shadowRoot.querySelector("b"),
  document.getElementsByName("bare")[0].contentDocument.querySelector("b"),
  document.getElementsByName("inner")[0].contentDocument.querySelector("b"),
].map((element) => getComputedStyle(element).color).join(" / ")"""


@dataclass(frozen=True)
class Strict:
    """The service, served."""

    folder: Path
    devserve: Running
    url: str

    def save(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


def wait(page: Page, condition: str) -> None:
    """Wait for a condition in the page; Playwright's own waiting would need eval, which the policy forbids."""

    def holds() -> bool:
        try:
            return bool(page.evaluate(condition))
        except Error:  # the page is being loaded
            return False

    until(holds, condition, between=lambda: page.wait_for_timeout(20))


@pytest.fixture(scope="module", params=["the stock script", "livereload-js 4"])
def strict(
    request: pytest.FixtureRequest, trusting_home: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Strict]:
    folder = repository(tmp_path_factory.mktemp("strict"), CONFIGURATION)
    if request.param != "the stock script":
        (folder / "node_modules").symlink_to(need_node_packages())
    shutil.copy(ROOT / "tests/support/strict_server.py", folder / "server.py")
    files = {
        "build.py": 'WORD = "one"\n', "index.html": PAGE, "page.js": SCRIPT, "style.css": "", "bare.html": BARE,
        "inner.html": f"<title>inner</title>{BARE}", "mark.svg": SVG.format(10),
        "tokens.py": TOKENS,
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text)
    port = free_port()
    with running(trusting_home, "--https-port", str(port), "--http-port", "0", folder, cwd=folder) as devserve:
        devserve.wait_ready("strict")
        yield Strict(folder, devserve, f"https://strict.localhost:{port}/")


@pytest.fixture
def opened(strict: Strict, page: Page) -> tuple[Page, Seen]:
    """The open page with its frames, all connected, marked so that a reload would show."""
    seen = watched(page)
    page.goto(strict.url)
    seen.until(lambda: len(seen.greeted) == 3, "the page and both frames are connected")
    page.evaluate("window.marked = true")
    seen.forget_navigations()
    return page, seen


def test_a_plugins_own_message_is_an_event_of_the_page_and_nothing_else(
    strict: Strict, opened: tuple[Page, Seen]
) -> None:
    page, seen = opened
    page.evaluate("addEventListener('devserve:tokens', (event) => (window.heard = event.detail))")
    strict.save("tokens.json", "{}")
    wait(page, "window.heard")
    assert page.evaluate("window.heard") == {"paths": ["tokens.json"]}
    assert page.evaluate("window.marked") is True
    assert seen.navigations + seen.frame_navigations == []


def test_a_stylesheet_is_swapped_in_shadow_roots_and_frames_too(strict: Strict, opened: tuple[Page, Seen]) -> None:
    page, seen = opened
    # A frame whose script is gone is what a frame is that never had one.
    page.frame("bare").evaluate("document.dispatchEvent(new Event('LiveReloadShutDown')), delete window.LiveReload")
    strict.save("style.css", "h1, b { color: rgb(0, 128, 0) }")
    wait(page, f"({COLOURS})() === 'rgb(0, 128, 0) / rgb(0, 128, 0) / rgb(0, 128, 0) / rgb(0, 128, 0)'")
    assert page.evaluate("window.marked") is True
    assert seen.navigations + seen.frame_navigations == []


def test_a_drawing_is_swapped_without_a_load(strict: Strict, opened: tuple[Page, Seen]) -> None:
    page, seen = opened
    strict.save("mark.svg", SVG.format(30))
    wait(page, "document.querySelector('img').naturalWidth === 30")
    assert page.evaluate("window.marked") is True
    assert seen.navigations == []
    strict.save("mark.svg", SVG.format(10))


def test_several_events_of_one_save_load_the_page_once_and_its_frames_with_it(
    strict: Strict, opened: tuple[Page, Seen]
) -> None:
    page, seen = opened
    for name in ("inner.html", "bare.html", "index.html"):
        strict.save(name, (strict.folder / name).read_text() + f"<!-- {name} -->")
    wait(page, "!window.marked")
    seen.until(lambda: len(seen.greeted) >= 6, "all are connected again")
    strict.save("style.css", "h1, b { color: rgb(0, 0, 255) }")  # comes after whatever the save still caused
    wait(page, "getComputedStyle(document.querySelector('h1')).color === 'rgb(0, 0, 255)'")
    assert len(seen.navigations) in (1, 2)  # the first file at once, the others together


def test_a_failed_build_is_shown_as_text_until_it_works(strict: Strict, opened: tuple[Page, Seen]) -> None:
    page, seen = opened
    strict.save("style.scss", "<img src=x onerror=\"document.title='ran'\">")
    expect(page.get_by_role("alert")).to_contain_text("failed with exit status 1")
    expect(page.get_by_role("alert")).to_contain_text("<img src=x onerror=")
    assert page.get_by_role("alert").evaluate("(box) => getComputedStyle(box).borderLeftColor") == "rgb(229, 72, 77)"
    keep_screenshot(page, "overlay.png")
    for frame in page.frames[1:]:  # one overlay per tab: frames wait for the page around them, and then show nothing
        frame.evaluate("new Promise((done) => setTimeout(done, 100))")
        expect(frame.get_by_role("alert")).to_have_count(0)
    assert page.title() == "strict"
    assert [text for text in seen.console if "Content Security Policy" in text] == []
    strict.save("style.scss", "h1, b { color: rgb(128, 0, 128) }")
    expect(page.get_by_role("alert")).to_have_count(0)
    wait(page, "getComputedStyle(document.querySelector('h1')).color === 'rgb(128, 0, 128)'")
    assert page.evaluate("window.marked") is True


@pytest.mark.parametrize("way", ["button", "Escape"])
def test_an_overlay_can_be_put_away_and_the_same_problem_stays_away(
    strict: Strict, opened: tuple[Page, Seen], way: str
) -> None:
    page, _ = opened
    strict.save("style.scss", f"<{way}>")
    expect(page.get_by_role("alert")).to_be_visible()
    if way == "button":
        page.get_by_role("button", name="Dismiss").click()
    else:
        page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_have_count(0)
    strict.save("style.scss", "b {}")


def test_a_restart_that_fails_is_shown_and_the_page_loads_when_it_works(
    strict: Strict, opened: tuple[Page, Seen]
) -> None:
    page, _ = opened
    strict.save("build.py", "WORD = undefined_word\n")
    expect(page.get_by_role("alert")).to_contain_text("NameError")
    assert page.evaluate("window.marked") is True
    strict.save("build.py", 'WORD = "two"\n')
    wait(page, "!window.marked")
    expect(page.get_by_role("heading", name="Strict")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_after_a_crash_the_page_loads_when_the_service_is_back(strict: Strict, opened: tuple[Page, Seen]) -> None:
    page, _ = opened
    psutil.Process(strict.devserve.listener_on(strict.devserve.rows["strict"].port)).kill()
    wait(page, "!window.marked")
    expect(page.get_by_role("heading", name="Strict")).to_be_visible()


def test_the_page_of_a_service_that_is_down_shows_what_is_new_by_itself(strict: Strict, page: Page) -> None:
    strict.save("build.py", "WORD = first_mistake\n")
    until(lambda: "first_mistake" in strict.devserve.output, "the first mistake is made")
    seen = watched(page)
    page.goto(strict.url)
    expect(page.get_by_text("'first_mistake' is not defined")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    seen.until(lambda: seen.greeted, "the socket is greeted")
    strict.save("build.py", "WORD = second_mistake\n")
    expect(page.get_by_text("'second_mistake' is not defined")).to_be_visible()
    strict.save("build.py", 'WORD = "three"\n')
    expect(page.get_by_role("heading", name="Strict")).to_be_visible()
