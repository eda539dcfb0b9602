"""The pages that people meet when something is wrong: what they say, how they look, and that they go away."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from devserve.config.values import Origin
from devserve.http1 import Headers, Request
from devserve.proxy import failures, host_refusal
from devserve.proxy.failures import Failure, answer
from support import dashboard_server
from support.browser_drive import barriers, keep_screenshot, watched
from support.fleet_client import ask
from support.fleet_home import Home
from support.fleet_running import Running, free_port, running
from support.fleet_stage import Stage, export_ca

pytestmark = pytest.mark.browser

CONFIGURATION = """
[project]
domain = "wrong.localhost"

[services.web]
command = ["{python}", "{server}"]
timeouts = {{ answer = "1s" }}
[[services.web.watch]]
paths = ["*.txt"]
run = ["{python}", "-c", "import pathlib, sys; sys.exit(pathlib.Path('build.txt').read_text() or 0)"]

[services.crashing]
command = ["{python}", "crashing.py"]
"""
CRASHING = "print('boom & <b>bang</b>', flush=True)\nraise SystemExit(3)\n"
HOSTILE = "<img src=x onerror=\"document.title='ran'\">"
LINES = ["listening on 3001", HOSTILE]
# Each page with what is visible on it.
PAGES: dict[str, tuple[Failure, str, tuple[str, ...]]] = {
    "no such host": (
        failures.no_route("x.test", ["https://web.test/"]),
        "Nothing answers at x.test",
        ("devserve run", "https://web.test/", failures.COMES_BACK),
    ),
    "starting": (
        failures.not_ready("web", "starting", "", LINES, coming=True),
        "web is starting",
        (*LINES, failures.COMES_BACK),
    ),
    "crashed": (
        failures.not_ready("web", "down", "It ended. `devserve start web` starts it.", LINES, coming=False),
        "web is down",
        (*LINES, "devserve start web", failures.RELOADS),
    ),
    "not allowed yet": (
        failures.not_allowed("web", "Nothing of /src/x runs: `devserve allow /src/x` asks.", LINES),
        "web is not allowed to run yet",
        (*LINES, "devserve allow /src/x", failures.COMES_BACK),
    ),
    "timed out": (failures.too_slow("web", 600, LINES), "web takes too long", (*LINES, "devserve restart web")),
    "no answer": (failures.broken("web", "no HTTP", LINES), "web gave no proper answer", ("devserve restart web",)),
    "unreachable": (
        failures.unreachable("web", Origin(port=1), "refused", LINES, started=True),
        "web does not take connections",
        ("PORT", failures.COMES_BACK),
    ),
    "fallback": (
        failures.no_fallback("web", "stopped", "https://x.test", "refused", LINES),
        "web is stopped",
        ("Start the service", failures.COMES_BACK),
    ),
    "stopped": (
        failures.stopped("x.test", "/src/x", "devserve run /src/x"),
        "x.test is stopped",
        ("devserve run /src/x", failures.COMES_BACK),
    ),
    "blocked": (
        host_refusal.failure("web", host_refusal.VITE, "web.test", LINES),
        "Vite refuses the host web.test",
        (*LINES, "allowedHosts", "devserve restart web", failures.COMES_BACK),
    ),
    "refused": (failures.refused(421, "This connection was opened for y."), "Misdirected Request", ("opened for y",)),
}


def html(failure: Failure) -> str:
    request = Request(b"GET", b"/", Headers([(b"Host", b"x.test"), (b"Accept", b"text/html")]))
    _, body = answer(failure, request, b"<!-- script -->")
    return body.decode().replace('<meta http-equiv="refresh" content="1">', "")  # it would lead to about:blank


def told(failure: Failure) -> dict[str, object]:
    """Return what a client is told that asks for JSON."""
    request = Request(b"GET", b"/", Headers([(b"Host", b"x.test"), (b"Accept", b"application/json")]))
    found: dict[str, object] = json.loads(answer(failure, request)[1])
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_says_what_happened_and_what_mends_it(page: Page, tmp_path: Path, name: str, scheme: str) -> None:
    failure, heading, texts = PAGES[name]
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.set_content(html(failure))
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    for text in texts:
        expect(page.get_by_role("main")).to_contain_text(text)
    assert page.title() == heading
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert barriers(page) == []
    assert told(failure)["title"] == heading
    picture = tmp_path / f"{name}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 5_000


@pytest.fixture(scope="module")
def fleet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a service that works and one that does not."""
    folder = tmp_path_factory.mktemp("wrong")
    text = CONFIGURATION.format(python=sys.executable, server=dashboard_server.__file__)
    (folder / "devserve.toml").write_text(text)
    (folder / "crashing.py").write_text(CRASHING)
    (folder / "build.txt").write_text("")
    return folder


@pytest.fixture(scope="module")
def stage(fleet_home: Home, fleet_folder: Path) -> Iterator[Stage]:
    """The one that works, ready."""
    https_port, http_port = free_port(), free_port()
    ports = ("--https-port", str(https_port), "--http-port", str(http_port))
    with running(fleet_home, *ports, fleet_folder, cwd=fleet_folder) as devserve:
        devserve.wait_ready("web")
        yield Stage(fleet_home, fleet_folder, devserve, https_port, http_port, export_ca(fleet_home, fleet_folder))


def service_url(stage: Stage, path: str = "/", name: str = "web") -> str:
    return f"https://{name}.wrong.localhost:{stage.https_port}{path}"


def as_json(stage: Stage, path: str = "/", name: str = "web") -> dict[str, object]:
    answered = ask(service_url(stage, path, name), stage.ca, Accept="application/json")
    assert answered.headers["Content-Type"] == "application/json"
    found: dict[str, object] = json.loads(answered.text)
    assert found["status"] == answered.status
    return found


def test_a_service_that_crashed_shows_its_last_lines_and_comes_back_when_it_is_started(
    stage: Stage, page: Page
) -> None:
    (stage.folder / "crashing.py").write_text(CRASHING)
    seen = watched(page)
    page.goto(service_url(stage, name="crashing"))
    expect(page.get_by_role("heading", level=1)).to_have_text("crashing is down")
    expect(page.locator("pre")).to_contain_text("boom & <b>bang</b>")
    expect(page.get_by_role("main")).to_contain_text("devserve start crashing")
    assert as_json(stage, name="crashing")["lines"] == ["boom & <b>bang</b>"]
    seen.until(lambda: seen.greeted, "the page waits for the service")
    server = Path(dashboard_server.__file__).read_text()
    (stage.folder / "crashing.py").write_text(server)
    started = stage.home.devserve("start", "crashing", cwd=stage.folder)
    assert started.returncode == 0, started.stderr
    expect(page.get_by_role("heading", level=1)).to_have_text("A page")


def test_a_service_that_was_stopped_says_the_command_and_comes_back(stage: Stage, page: Page) -> None:
    seen = watched(page)
    assert stage.home.devserve("stop", "web", cwd=stage.folder).returncode == 0
    page.goto(service_url(stage))
    expect(page.get_by_role("heading", level=1)).to_have_text("web is stopped")
    expect(page.get_by_role("main")).to_contain_text("devserve start web")
    seen.until(lambda: seen.greeted, "the page waits for the service")
    assert stage.home.devserve("start", "web", cwd=stage.folder).returncode == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("A page")


def test_a_slow_answer_is_given_up_with_the_setting_that_gives_it_longer(stage: Stage, page: Page) -> None:
    page.goto(service_url(stage, "/slow"))
    expect(page.get_by_role("heading", level=1)).to_have_text("web takes too long")
    expect(page.get_by_role("main")).to_contain_text("timeouts")
    assert as_json(stage, "/slow")["status"] == 504


def test_what_is_no_http_is_said(stage: Stage, page: Page) -> None:
    page.goto(service_url(stage, "/broken"))
    expect(page.get_by_role("heading", level=1)).to_have_text("web gave no proper answer")
    assert as_json(stage, "/broken")["status"] == 502


def test_a_host_that_the_tool_refuses_gets_the_line_to_write(stage: Stage, page: Page) -> None:
    page.goto(service_url(stage, "/vite"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Vite refuses the host web.wrong.localhost")
    expect(page.get_by_role("main")).to_contain_text("allowedHosts")
    assert as_json(stage, "/vite")["status"] == 403


def test_a_host_that_nobody_has_shows_those_that_work(stage: Stage, page: Page) -> None:
    page.goto(f"http://nobody.wrong.localhost:{stage.http_port}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing answers at nobody.wrong.localhost")
    expect(page.get_by_role("link", name=f"http://web.wrong.localhost:{stage.http_port}/")).to_be_visible()


def test_a_failed_build_lies_over_the_page_until_the_next_one_works(stage: Stage, page: Page) -> None:
    seen = watched(page)
    page.goto(service_url(stage))
    seen.until(lambda: seen.greeted, "the page is connected")
    (stage.folder / "build.txt").write_text("no semicolon")
    expect(page.get_by_role("alert")).to_contain_text("no semicolon")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # it is one
        assert barriers(page, "devserve-overlay") == []
        keep_screenshot(page, f"build-failed-{scheme}.png")
    (stage.folder / "build.txt").write_text("")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_what_is_not_allowed_yet_says_so_and_is_there_once_it_is(
    trusting_home: Home, page: Page, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        command = json.dumps([sys.executable, dashboard_server.__file__])
        (tmp_path / name / "devserve.toml").write_text(f"[services.{name}]\ncommand = {command}\n")
    assert trusting_home.devserve("allow", "--yes", "first", cwd=tmp_path).returncode == 0
    port = free_port()
    ports = ("--https-port", str(port), "--http-port", "0")
    devserve = Running(trusting_home, (*ports, "first", "second"), tmp_path, allow=False)
    try:
        devserve.wait_for(lambda: "1 not allowed yet" in devserve.output, "the first one runs")
        page.goto(f"https://second.localhost:{port}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("second is not allowed to run yet")
        expect(page.locator("pre")).to_contain_text(f"second runs: {sys.executable}")
        keep_screenshot(page, "not-allowed-yet.png")
        allowed = trusting_home.devserve("allow", "--yes", tmp_path / "second", cwd=tmp_path)
        assert allowed.returncode == 0, allowed.stderr
        expect(page.get_by_role("heading", level=1)).to_have_text("A page")
    finally:
        devserve.end()
