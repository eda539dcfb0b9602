"""The dashboard of one terminal's devserve shows what another terminal's does, in a real Chromium: two real runs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from support import dashboard_server
from support.board import PHONE, WIDE, card, opened, refuse_barriers, view
from support.browser_drive import watched
from support.fleet_client import ask
from support.fleet_home import Home
from support.fleet_running import Running, free_port, is_alive, until
from support.fleet_stage import export_ca

pytestmark = pytest.mark.browser

CONFIGURATION = """
[project]
domain = "{name}.localhost"
[services.web]
command = ["{python}", "{server}"]
needs = ["api"]
env_file = ".env"
[[services.web.watch]]
paths = ["*.css"]
then = "refresh"
[services.api]
command = ["{python}", "{server}"]
"""


@dataclass
class Terminals:
    """Two terminals' devserves, and the names of the second one's services."""

    here: Running
    there: Running
    https_port: int
    ca: Path
    folder: Path  # of the second one

    @property
    def web(self) -> str:
        """What the dashboard calls the second one's service."""
        return f"{self.there.process.pid}:web"

    def url(self, path: str = "/", name: str = "there") -> str:
        """Return an address of a service `web`."""
        return f"https://web.{name}.localhost:{self.https_port}{path}"

    def ask(self, path: str, name: str = "there", **fields: str) -> int:
        """Ask a service `web` and return the status."""
        return ask(self.url(path, name), self.ca, **fields).status


def repository(folder: Path, name: str) -> Path:
    root = folder / name
    root.mkdir()
    text = CONFIGURATION.format(name=name, python=sys.executable, server=dashboard_server.__file__)
    (root / "devserve.toml").write_text(text)
    (root / ".env").write_text("API_TOKEN=swordfish-of-the-api\n")
    (root / "site.css").write_text("h1 { color: red }\n")
    return root


@pytest.fixture(scope="module")
def fleet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first terminal's repository."""
    return repository(tmp_path_factory.mktemp("terminals"), "here")


@pytest.fixture(scope="module")
def terminals(fleet_home: Home, fleet_folder: Path) -> Iterator[Terminals]:
    """Both, ready; the first one serves the ports."""
    https_port = free_port()
    ports = ("--https-port", str(https_port), "--http-port", "0")
    there_folder = repository(fleet_folder.parent, "there")
    here = Running(fleet_home, ports, fleet_folder)
    try:
        here.wait_ready("web", "api")
        there = Running(fleet_home, ports, there_folder)
        try:
            there.wait_ready("web", "api")
            yield Terminals(here, there, https_port, export_ca(fleet_home, fleet_folder), there_folder)
        finally:
            there.end()
    finally:
        here.end()


@pytest.fixture
def board(terminals: Terminals, page: Page) -> Page:
    """The dashboard, which knows of both."""
    opened(page, terminals.https_port)
    expect(card(page, terminals.web)).to_be_visible()
    return page


def requests_of(board: Page, target: str) -> Locator:
    return board.locator("tbody tr").filter(has_text=target)


def test_a_service_of_another_terminal_is_shown_as_one_of_this(terminals: Terminals, board: Page) -> None:
    shown = card(board, terminals.web)
    expect(shown).to_contain_text(f"in another terminal, from {terminals.folder}")
    expect(shown.locator(".state")).to_have_text("ready")
    expect(shown.locator('[data-fact="memory"]')).to_have_text(re.compile(r"\d.*MiB"))
    for _ in range(3):
        terminals.ask("/")
    expect(shown.locator('[data-fact="p95"]')).to_have_text(re.compile(r"\d"))
    expect(shown.get_by_role("img")).to_have_attribute("aria-label", re.compile("in the last minute"))
    expect(card(board).locator('[data-fact="p95"]')).to_have_text(re.compile(r"^\D$"))
    expect(
        board.get_by_role(
            "img", name=re.compile(r"web \(here\) is ready.* needs api \(here\).* web \(there\) is ready")
        )
    ).to_be_visible()


def test_its_output_is_followed_and_what_is_secret_in_it_stays_there(terminals: Terminals, board: Page) -> None:
    card(board, terminals.web).get_by_role("link", name="Log").click()
    log = board.get_by_role("log")
    expect(board.get_by_role("heading", name="Log of web (there)")).to_be_visible()
    expect(log).to_contain_text("listens")
    terminals.ask("/from-there/swordfish-of-the-api")
    terminals.ask("/from-here", "here")
    expect(log).to_contain_text("asked for /from-there/•••")
    expect(log.locator(".fg-yellow").first).to_have_text("asked")
    assert "/from-here" not in log.inner_text()
    assert board.locator("main img[src=x]").count() == 0
    board.reload()  # the address names whose output it is
    expect(log).to_contain_text("asked for /from-there")


def test_its_requests_are_in_the_waterfall_without_secrets(terminals: Terminals, board: Page) -> None:
    view(board, "Requests")
    terminals.ask("/there?token=hunter2", Cookie="sid=hunter2")
    terminals.ask("/here", "here")
    expect(requests_of(board, "/here")).to_contain_text("web (here)")
    row = requests_of(board, "/there?token=***")
    expect(row).to_contain_text("web (there)")
    board.get_by_label("Service", exact=True).select_option(terminals.web)
    expect(requests_of(board, "/here")).to_have_count(0)
    row.get_by_role("button").click()
    detail = board.get_by_role("region", name="One request")
    expect(detail).to_contain_text("sid=***")
    expect(detail).to_contain_text("<h1>A page</h1>")
    assert "hunter2" not in board.content()
    detail.get_by_role("button", name="Send again").click()
    expect(board.locator("#said")).to_contain_text("the answer is 200")
    expect(row).to_have_count(2)
    with board.expect_download() as download:
        board.get_by_role("link", name="Export HAR").click()
    archive = json.loads(download.value.path().read_text())
    urls = [each["request"]["url"] for each in archive["log"]["entries"]]
    assert any(url.endswith("/there?token=***") for url in urls)
    assert not any(url.endswith("/here") for url in urls)


def test_a_save_there_is_a_chain_with_the_page_that_it_reached(
    terminals: Terminals, board: Page, browser: BrowserContext
) -> None:
    view(board, "Reloads")
    with browser.new_page() as other:
        seen = watched(other)
        other.goto(terminals.url())
        seen.until(lambda: seen.greeted, "the page is connected")
        expect(board.locator(".tabs").last).to_contain_text(f"web (there): {terminals.url()}")
        (terminals.folder / "site.css").write_text("h1 { color: blue }\n")
        chain = board.locator(".chain").filter(has_text="web (there)").first
        expect(chain.get_by_role("heading")).to_have_text("site.css")
        expect(chain).to_contain_text("refresh → 1 browser")
        expect(chain).to_contain_text(f"{terminals.url()} took it in place")


def test_buttons_act_there_and_plugins_and_certificates_are_of_both(terminals: Terminals, board: Page) -> None:
    api, own = f"{terminals.there.process.pid}:api", card(board, "api").locator('[data-fact="pid"]')
    shown = card(board, api)
    pid, own_pid = shown.locator('[data-fact="pid"]').inner_text(), own.inner_text()
    shown.get_by_role("button", name="Restart").click()
    expect(board.locator("#said")).to_contain_text("api: ready after")
    expect(shown.locator('[data-fact="pid"]')).not_to_have_text(pid)
    shown.get_by_role("button", name="Stop").click()
    expect(shown.locator(".state")).to_have_text("stopped")
    shown.get_by_role("button", name="Start api", exact=True).click()
    expect(shown.locator(".state")).to_have_text("ready")
    expect(own).to_have_text(own_pid)
    view(board, "Plugins")
    expect(board.get_by_role("heading", level=2)).to_have_count(2)
    expect(board.locator(".repository").last).to_contain_text("in another terminal")
    view(board, "Trust")
    expect(board.get_by_role("rowheader", name="web.there.localhost", exact=True)).to_be_visible()


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["wide", "phone"])
def test_everybody_can_use_it(terminals: Terminals, board: Page, scheme: str, size: dict[str, int]) -> None:
    board.set_viewport_size(size)
    board.emulate_media(color_scheme=scheme)
    refuse_barriers(board, scheme, size, "terminals")
    view(board, "Requests")
    terminals.ask("/seen")
    expect(requests_of(board, "/seen").first).to_be_visible()
    refuse_barriers(board, scheme, size, "terminals-requests")


def test_services_of_folders_with_one_name_are_told_apart(
    terminals: Terminals, board: Page, fleet_home: Home, fleet_folder: Path, tmp_path: Path
) -> None:
    root = repository(tmp_path, "third").rename(tmp_path / "here")
    ports = ("--https-port", str(terminals.https_port), "--http-port", "0")
    third = Running(fleet_home, ports, root)
    try:
        third.wait_ready("web", "api")
        for folder in (fleet_folder, root):
            expect(board.get_by_role("heading", name=f"web ({folder.parent.name}/here)")).to_be_visible()
        expect(board.get_by_role("heading", name="web (there)")).to_be_visible()
    finally:
        third.end()
    expect(board.get_by_role("heading", name="web (here)")).to_be_visible()


def test_a_terminal_that_is_killed_takes_its_rows_along(terminals: Terminals, board: Page) -> None:
    seen = watched(board)
    card(board, terminals.web).get_by_role("link", name="Log").click()
    view(board, "Requests")
    terminals.ask("/last")
    terminals.ask("/stays", "here")
    expect(requests_of(board, "/last")).to_be_visible()
    expect(requests_of(board, "/stays")).to_be_visible()
    started = terminals.there.children()
    terminals.there.process.kill()
    expect(requests_of(board, "/last")).to_have_count(0)
    expect(requests_of(board, "/stays")).to_be_visible()
    view(board, "Reloads")
    expect(board.locator(".chain").filter(has_text="web (there)")).to_have_count(0)
    view(board, "Services")
    expect(card(board, terminals.web)).to_have_count(0)
    expect(card(board)).to_be_visible()
    assert seen.console == []
    for process in filter(is_alive, started):
        process.kill()
    until(lambda: not any(map(is_alive, started)), "what it has started has ended")
