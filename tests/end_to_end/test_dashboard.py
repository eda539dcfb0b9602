"""The dashboard in a real Chromium: what it shows, what it orders, that nobody can fool it, that all can use it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from support import dashboard_server
from support.board import PHONE, WIDE, address, card, opened, refuse_barriers, view
from support.browser_drive import watched
from support.fleet_client import ask
from support.fleet_home import Home
from support.fleet_running import free_port, running, until
from support.fleet_stage import Stage, export_ca

pytestmark = pytest.mark.browser

CONFIGURATION = """
[project]
domain = "look.localhost"

[services.web]
command = ["{python}", "{server}"]
needs = ["api"]
[[services.web.watch]]
paths = ["*.css"]
then = "refresh"
[[services.web.watch]]
paths = ["*.html"]
run = ["{python}", "-c", "print('task')"]
then = "reload"

[services.api]
command = ["{python}", "{server}"]
"""
STREAM = """new Promise((heard) => {
  window.stream = new EventSource("/events");
  window.stream.onmessage = () => heard(true);
})"""
VIEWS = ("services", "services:web", "requests", "reloads", "plugins", "trust")


@pytest.fixture(scope="module")
def fleet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two services, one of which needs the other."""
    folder = tmp_path_factory.mktemp("look")
    text = CONFIGURATION.format(python=sys.executable, server=dashboard_server.__file__)
    (folder / "devserve.toml").write_text(text)
    (folder / "site.css").write_text("h1 { color: red }\n")
    (folder / "page.html").write_text("<p>one\n")
    return folder


@pytest.fixture(scope="module")
def stage(fleet_home: Home, fleet_folder: Path) -> Iterator[Stage]:
    """The services, ready."""
    https_port, http_port = free_port(), free_port()
    ports = ("--https-port", str(https_port), "--http-port", str(http_port))
    with running(fleet_home, *ports, fleet_folder, cwd=fleet_folder) as devserve:
        devserve.wait_ready("web", "api")
        yield Stage(fleet_home, fleet_folder, devserve, https_port, http_port, export_ca(fleet_home, fleet_folder))


def service_url(stage: Stage, path: str = "/", name: str = "web") -> str:
    return f"https://{name}.look.localhost:{stage.https_port}{path}"


def dashboard_url(stage: Stage, view: str = "services") -> str:
    return address(stage.https_port, view)


@pytest.fixture
def board(stage: Stage, page: Page) -> Page:
    """The dashboard, live."""
    opened(page, stage.https_port)
    expect(card(page)).to_be_visible()
    return page


def asked(stage: Stage, path: str = "/", **fields: str) -> int:
    return ask(service_url(stage, path), stage.ca, **fields).status


def test_the_page_loads_all_from_here_and_breaks_no_policy(stage: Stage, page: Page) -> None:
    seen = watched(page)
    page.goto(dashboard_url(stage))
    expect(card(page)).to_be_visible()
    assert seen.failed == []
    assert seen.console == []
    assert {url.split("/")[2] for _, url in seen.statuses} == {f"devserve.localhost:{stage.https_port}"}


def test_a_service_is_shown_with_all_that_is_known_of_it(stage: Stage, board: Page) -> None:
    shown = card(board)
    expect(shown.locator(".state")).to_have_text("ready")
    expect(shown.get_by_role("link", name=service_url(stage))).to_have_attribute("href", service_url(stage))
    port = stage.running.rows["web"].port
    expect(shown.locator('[data-fact="port"]')).to_have_text(str(port))
    expect(shown.locator('[data-fact="pid"]')).to_have_text(str(stage.running.listener_on(port)))
    expect(shown.locator('[data-fact="memory"]')).to_have_text(re.compile(r"\d.*MiB"))
    expect(shown.locator('[data-fact="uptime"]')).to_have_text(re.compile(r"\d+ (s|min)"))
    for _ in range(3):
        asked(stage)
    expect(shown.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(r"in the last minute, .* p95 at most \d")
    )
    expect(shown.locator('[data-fact="p95"]')).to_have_text(re.compile(r"\d"))


def test_buttons_restart_stop_and_start(stage: Stage, board: Page) -> None:
    shown = card(board, "api")
    before = shown.locator('[data-fact="pid"]').inner_text()
    shown.get_by_role("button", name="Restart").click()
    expect(board.locator("#said")).to_contain_text("api: ready after")
    expect(shown.locator('[data-fact="pid"]')).not_to_have_text(before)
    shown.get_by_role("button", name="Stop").click()
    expect(shown.locator(".state")).to_have_text("stopped")
    shown.get_by_role("button", name="Start api", exact=True).click()
    expect(shown.locator(".state")).to_have_text("ready")


def test_a_page_of_the_service_is_counted_and_reloaded(stage: Stage, board: Page, browser: BrowserContext) -> None:
    with browser.new_page() as other:
        seen = watched(other)
        other.goto(service_url(stage))
        expect(card(board).locator('[data-fact="browsers"]')).to_have_text("1")
        seen.until(lambda: seen.greeted, "the page is connected")
        seen.forget_navigations()
        card(board).get_by_role("button", name="Reload").click()
        seen.until(lambda: seen.navigations, "the page loads itself")


def test_the_log_is_followed_searched_and_harmless(stage: Stage, board: Page) -> None:
    card(board).get_by_role("link", name="Log").click()
    log = board.get_by_role("log")
    expect(log).to_contain_text("listens")
    asked(stage, "/one")
    asked(stage, "/two")
    expect(log).to_contain_text("asked for /two")
    expect(log.locator(".fg-yellow").first).to_have_text("asked")
    expect(log).to_contain_text(dashboard_server.HOSTILE)
    board.get_by_label("Search the log").fill("/one")
    expect(log.locator(".line")).to_have_count(1)
    assert board.locator("main img[src=x]").count() == 0
    assert "ran" not in board.title()


def test_a_log_is_opened_in_full_view_and_another_view_begins_at_its_top(stage: Stage, board: Page) -> None:
    board.set_viewport_size({"width": 1180, "height": 620})
    card(board).get_by_role("link", name="Log").click()
    asked(stage, "/one")
    expect(board.get_by_role("log")).to_contain_text("asked for /one")
    expect(board.get_by_role("log")).to_be_in_viewport(ratio=1)
    assert board.evaluate("scrollY") > 0
    view(board, "Trust")
    expect(board.get_by_role("heading", name="Trust", exact=True)).to_be_in_viewport()
    assert board.evaluate("scrollY") == 0


def test_the_next_error_is_jumped_to(stage: Stage, board: Page) -> None:
    card(board).get_by_role("link", name="Log").click()
    asked(stage, "/an%20Error%20here")
    error = board.get_by_role("button", name="Next error")
    expect(error).to_be_enabled()
    error.click()
    expect(board.locator(".line.current")).to_have_count(1)


def test_requests_are_a_waterfall_with_details_and_no_secrets(stage: Stage, board: Page) -> None:
    view(board, "Requests")
    asked(stage, "/a?token=hunter2", Cookie="sid=hunter2", Authorization="Bearer hunter2")
    asked(stage, "/missing")
    row = board.get_by_role("row").filter(has_text="/a?token=***")
    expect(row).to_be_visible()
    board.get_by_label("Status", exact=True).select_option("4")
    expect(board.locator("tbody tr")).to_have_count(1)
    board.get_by_label("Status", exact=True).select_option("")
    row.get_by_role("button").click()
    detail = board.get_by_role("region", name="One request")
    expect(detail).to_contain_text("Bearer ***")
    expect(detail).to_contain_text("sid=***")
    expect(detail).to_contain_text(dashboard_server.HOSTILE)
    expect(detail).to_contain_text("<h1>A page</h1>")
    assert "hunter2" not in board.content()
    detail.get_by_role("button", name="Send again").click()
    expect(board.locator("#said")).to_contain_text("the answer is 200")
    expect(board.get_by_role("row").filter(has_text="/a?token=***")).to_have_count(2)


def test_a_socket_that_is_opened_again_shows_no_request_twice(stage: Stage, page: Page) -> None:
    page.add_init_script(
        "window.sockets = []; window.WebSocket = class extends WebSocket {"
        " constructor(...all) { super(...all); window.sockets.push(this) } }"
    )
    board = opened(page, stage.https_port, "requests")
    asked(stage, "/once")
    counts = board.get_by_text(re.compile(r"^\d+ of \d+ requests?$"))
    expect(board.get_by_role("row").filter(has_text="/once")).to_have_count(1)
    shown, total = (int(word) for word in counts.inner_text().split() if word.isdecimal())
    with board.expect_websocket():
        board.evaluate("window.sockets[0].close()")
    expect(board.get_by_text("live", exact=True)).to_be_visible()
    asked(stage, "/then")
    expect(board.get_by_role("row").filter(has_text="/then")).to_have_count(1)
    expect(counts).to_have_text(f"{shown + 1} of {total + 1} requests")


def test_curl_is_copied(stage: Stage, board: Page) -> None:
    board.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view(board, "Requests")
    asked(stage, "/copied")
    board.get_by_role("row").filter(has_text="/copied").first.get_by_role("button").click()
    board.get_by_role("button", name="Copy as curl").click()
    expect(board.locator("#said")).to_contain_text("Copied")
    assert board.evaluate("navigator.clipboard.readText()").startswith(f"curl {service_url(stage, '/copied')}")


def test_the_har_file_has_what_was_recorded(stage: Stage, board: Page) -> None:
    view(board, "Requests")
    asked(stage, "/in-the-har")
    expect(board.get_by_role("row").filter(has_text="/in-the-har")).to_be_visible()
    with board.expect_download() as download:
        board.get_by_role("link", name="Export HAR").click()
    archive = json.loads(download.value.path().read_text())
    assert any(each["request"]["url"].endswith("/in-the-har") for each in archive["log"]["entries"])


def test_open_event_streams_are_counted(stage: Stage, board: Page, browser: BrowserContext) -> None:
    view(board, "Requests")
    with browser.new_page() as other:
        other.goto(service_url(stage))
        other.evaluate(STREAM)
        expect(board.get_by_text("web: 1 open event stream")).to_be_visible()
        other.evaluate(STREAM)
        expect(board.get_by_text("web: 2 open event streams")).to_be_visible()
    expect(board.get_by_text("open event stream")).to_be_hidden()


def test_a_save_is_a_chain_and_the_page_that_it_reached(stage: Stage, board: Page, browser: BrowserContext) -> None:
    view(board, "Reloads")
    with browser.new_page() as other:
        seen = watched(other)
        other.goto(service_url(stage))
        seen.until(lambda: seen.greeted, "the page is connected")
        expect(board.locator(".tabs").last).to_contain_text(service_url(stage))
        seen.forget_navigations()
        (stage.folder / "page.html").write_text("<p>two\n")
        seen.until(lambda: seen.navigations, "the page loads itself")
        chain = board.locator(".chain").first
        expect(chain.get_by_role("heading")).to_have_text("page.html")
        expect(chain).to_contain_text("task")
        expect(chain).to_contain_text("reload → 1 browser")
        expect(chain).to_contain_text("loaded itself")
        (stage.folder / "site.css").write_text("h1 { color: blue }\n")
        expect(board.locator(".chain").filter(has_text="took it in place")).to_contain_text("site.css")
        board.reload()
        view(board, "Reloads")
        expect(board.get_by_text("back after").first).to_be_visible()


def test_trust_says_whose_certificates_these_are_and_doctor_looks(board: Page) -> None:
    view(board, "Trust")
    expect(board.get_by_text("nothing else")).to_contain_text("look.localhost")
    expect(board.get_by_role("rowheader", name="devserve.localhost")).to_be_visible()
    board.get_by_role("button", name="Look now").click()
    expect(board.locator(".findings")).to_contain_text("certificates: authority", timeout=45_000)


def test_a_page_of_another_site_can_neither_order_nor_look(stage: Stage, page: Page) -> None:
    page.goto(service_url(stage))
    own = f"https://devserve.localhost:{stage.https_port}"
    order = json.dumps({"order": "stop", "service": "web"})
    tries = page.evaluate(
        """async ([own, order]) => {
          const ask = (path, more) => fetch(own + path, more).then((r) => `${r.type} ${r.status}`, () => "blocked");
          const socket = new Promise((done) => {
            const socket = new WebSocket(own.replace("https", "wss") + "/api/live");
            socket.onopen = () => done("open");
            socket.onerror = () => done("refused");
          });
          return [
            await ask("/api/orders", { method: "POST", body: order, mode: "no-cors", credentials: "include" }),
            await ask("/api/orders", { method: "POST", body: order, headers: { "X-Devserve-Token": "x" } }),
            await ask("/api/trust", {}),
            await socket,
          ];
        }""",
        [own, order],
    )
    assert tries[1:] == ["blocked", "blocked", "refused"]
    assert tries[0] in ("blocked", "opaque 0")
    assert asked(stage) == 200


def test_it_shows_in_no_frame(stage: Stage, page: Page) -> None:
    page.goto(service_url(stage))
    page.evaluate("(url) => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }",
                  dashboard_url(stage))  # fmt: skip
    page.wait_for_timeout(500)
    assert all("devserve-token" not in frame.content() for frame in page.frames[1:])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_everybody_can_use_it(stage: Stage, board: Page, scheme: str, size: dict[str, int]) -> None:
    board.set_viewport_size(size)
    board.emulate_media(color_scheme=scheme)
    asked(stage, "/seen")
    for name in VIEWS:
        board.goto(dashboard_url(stage, name))
        expect(board.get_by_role("heading", level=1)).to_be_visible()
        if name == "requests":
            board.locator("tbody button").first.click()
            expect(board.get_by_role("region", name="One request")).to_be_visible()
        refuse_barriers(board, scheme, size, name)


@pytest.mark.parametrize("view", ["nothing", "%", "services:<img src=x>", "services:__proto__"])
def test_an_address_that_makes_no_sense_shows_the_services(stage: Stage, board: Page, view: str) -> None:
    seen = watched(board)
    board.goto(dashboard_url(stage, view))
    board.reload()
    expect(card(board)).to_be_visible()
    assert board.locator("main img[src=x]").count() == 0
    assert seen.console == []


def test_the_keyboard_reaches_everything(board: Page) -> None:
    board.keyboard.press("2")
    expect(board.get_by_role("heading", level=1, name="Requests")).to_be_visible()
    board.keyboard.press("/")
    expect(board.get_by_label("Search the requests")).to_be_focused()
    board.reload()
    board.keyboard.press("Tab")
    expect(board.get_by_role("link", name="Skip to the content")).to_be_focused()
    board.keyboard.press("Enter")
    expect(board.locator("#content")).to_be_focused()


def test_a_crash_is_seen_at_once(stage: Stage, board: Page) -> None:
    pid = card(board).locator('[data-fact="pid"]').inner_text()
    asked(stage, "/crash")
    expect(card(board).locator('[data-fact="pid"]')).not_to_have_text(pid)
    expect(card(board).locator(".state")).to_have_text("ready")
    assert int(card(board).locator('[data-fact="restarts"]').inner_text()) >= 1


def test_a_new_devserve_gives_the_page_a_new_token(
    fleet_home: Home, fleet_folder: Path, stage: Stage, browser: BrowserContext
) -> None:
    https_port = free_port()
    ports = ("--https-port", str(https_port), "--http-port", "0")
    alone = Home(fleet_home.path, {**fleet_home.extra})
    with browser.new_page() as page:
        for _ in range(2):
            with running(alone, *ports, "--sub-name", "again", fleet_folder, cwd=fleet_folder) as devserve:
                devserve.wait_ready("web")
                if page.url == "about:blank":
                    page.goto(f"https://devserve.localhost:{https_port}/")
                expect(page.get_by_text("live", exact=True)).to_be_visible()
                card(page, "api").get_by_role("button", name="Restart").click()
                expect(page.locator("#said")).to_contain_text("api: ready after")
            until(lambda: page.get_by_text("waiting for devserve").is_visible(), "the page notices the end",
                  between=lambda: page.wait_for_timeout(50))  # fmt: skip
