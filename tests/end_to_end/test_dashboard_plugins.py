"""The plugins in the dashboard, in a real Chromium: what they do is counted, their panels are drawn and harm nobody."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support import dashboard_server
from support.board import PHONE, WIDE, card, opened, refuse_barriers, view
from support.browser_drive import watched
from support.fleet_client import ask
from support.fleet_home import Home
from support.fleet_running import free_port, running
from support.fleet_stage import Stage, export_ca

pytestmark = pytest.mark.browser

CONFIGURATION = """
[project]
domain = "look.localhost"
plugins = ["shown.py", "broken.py"]
[services.web]
command = ["{python}", "{server}"]
[plugins.mock]
services = {{ contacts = "mocks" }}
"""
HOSTILE = dashboard_server.HOSTILE
LOOK = 2_200  # milliseconds, longer than it is between two looks
SHOWN = f"""
import asyncio
from devserve import Answer, Headers, Link, Panel, Service, Table, Verdict, hookimpl

HOSTILE = {HOSTILE!r}
CALLS = []

@hookimpl
def devserve_status(service):
    return {{"owner": HOSTILE}}

@hookimpl
async def devserve_discover(project):
    while True:
        yield [Service(each.name, each, f"{{each.name}}.look.localhost") for each in project.root.glob("found/*")]
        await asyncio.sleep(0.05)

@hookimpl
def devserve_request(service):
    return Answer(200, b"", Headers([])) if service.name == "late" else None

@hookimpl
async def devserve_panels(project):
    CALLS.append(1)
    links = [Link("javascript:document.title='ran'", "bad"), Link("https://wiki.test/?" + HOSTILE, HOSTILE)]
    table = Table(("Name", HOSTILE), [(HOSTILE, Verdict.BROKEN), ("two", 2)])
    facts = {{"Calls": len(CALLS), HOSTILE: HOSTILE}}
    return [Panel(HOSTILE, [HOSTILE, *links, facts, table]), Panel("empty", [Table(("a",))])]
"""
BROKEN = "from devserve import hookimpl\n@hookimpl\ndef devserve_panels(): 1 / 0\n"


@pytest.fixture(scope="module")
def fleet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a plugin of each kind: one that shows much, one that fails, one that is installed."""
    folder = tmp_path_factory.mktemp("look")
    (folder / "devserve.toml").write_text(CONFIGURATION.format(python=sys.executable, server=dashboard_server.__file__))
    (folder / "shown.py").write_text(SHOWN)
    (folder / "broken.py").write_text(BROKEN)
    (folder / "mocks" / "people").mkdir(parents=True)
    (folder / "mocks" / "people" / "{id}.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def stage(fleet_home: Home, fleet_folder: Path) -> Iterator[Stage]:
    """The services, ready."""
    https_port = free_port()
    ports = ("--https-port", str(https_port), "--http-port", "0")
    with running(fleet_home, *ports, fleet_folder, cwd=fleet_folder) as devserve:
        devserve.wait_ready("web")
        yield Stage(fleet_home, fleet_folder, devserve, https_port, 0, export_ca(fleet_home, fleet_folder))


@pytest.fixture
def board(stage: Stage, page: Page) -> Page:
    """The view of plugins, live."""
    return opened(page, stage.https_port, "plugins")


def test_hooks_are_listed_with_calls_and_time_that_go_on(stage: Stage, board: Page) -> None:
    hooks = board.get_by_role("region", name="Hooks of")
    expect(hooks.get_by_role("rowheader").filter(has_text="mock")).to_have_text(re.compile(r"^mockdevserve \d"))
    expect(hooks.get_by_role("rowheader").filter(has_text="shown.py")).to_have_text("shown.pya file of the repository")
    status = hooks.get_by_role("row").filter(has_text="devserve_request").first
    calls = status.locator('[data-part="calls"]')
    expect(calls).to_have_text(re.compile(r"^\d+$"))
    before = int(calls.inner_text())
    ask(f"https://web.look.localhost:{stage.https_port}/", stage.ca)
    expect(calls).to_have_text(str(before + 1))
    expect(status.locator('[data-part="time"]')).to_have_text(re.compile(r"[mµ]s$"))


def test_panels_are_drawn_and_hostile_text_stays_text(board: Page) -> None:
    seen = watched(board)
    shown = board.get_by_role("region", name=HOSTILE, exact=True)
    expect(shown.get_by_role("heading")).to_have_text(HOSTILE)
    expect(shown.locator("p").first).to_have_text(HOSTILE)
    expect(shown.get_by_role("columnheader").last).to_have_text(HOSTILE)
    expect(shown.locator('[data-verdict="broken"]')).to_have_text("broken")
    (link,) = shown.get_by_role("link").all()
    assert str(link.get_attribute("href")).startswith("https://wiki.test/")
    expect(board.get_by_role("region", name="empty")).to_contain_text("None.")
    answers = board.get_by_role("region", name="Answers for contacts", exact=True)
    expect(answers.get_by_role("row").last).to_contain_text("GET /people/{id}")
    assert board.locator("main img[src=x]").count() == 0
    assert "ran" not in board.title()
    assert seen.console == []


def test_a_panel_is_asked_for_again_while_somebody_looks_and_not_otherwise(stage: Stage, page: Page) -> None:
    page.clock.install()
    board = opened(page, stage.https_port, "plugins")
    calls = board.locator("dd").first
    before = int(calls.inner_text())
    board.clock.fast_forward(LOOK)
    expect(calls).not_to_have_text(str(before))
    view(board, "Services")
    card(board).wait_for()
    asked: list[str] = []
    board.on("request", lambda request: asked.append(request.url))
    board.clock.fast_forward(10 * LOOK)
    with board.expect_response("**/api/plugins"):
        view(board, "Plugins")
    assert len(asked) == 1


def test_a_plugin_that_fails_is_named_and_switched_off_in_the_end(stage: Stage, board: Page) -> None:
    expect(board.locator(".problem").filter(has_text="broken.py")).to_contain_text("the terminal says why")
    stage.running.wait_for(lambda: "switched off" in stage.running.output, "it is switched off")
    assert stage.running.output.count("ZeroDivisionError") == 1
    broken = board.get_by_role("row").filter(has_text="broken.py")
    expect(broken).to_contain_text("switched off")


def test_a_column_of_a_plugin_is_on_the_card_of_its_service(board: Page) -> None:
    view(board, "Services")
    expect(card(board).locator("dt").filter(has_text="owner")).to_be_visible()
    expect(card(board).get_by_text(HOSTILE)).to_be_visible()
    expect(card(board, "contacts").get_by_text("mocks, while absent")).to_be_visible()


def test_what_a_plugin_answers_for_is_ready_in_devserve_without_orders(board: Page) -> None:
    view(board, "Services")
    contacts = card(board, "contacts")
    expect(contacts.locator(".state")).to_have_text("ready")
    expect(contacts.locator('[data-fact="port"]')).to_have_text("in devserve")
    expect(contacts.get_by_role("button")).to_have_text(["Reload contacts"])


def test_what_a_plugin_finds_no_more_leaves_the_page(stage: Stage, board: Page) -> None:
    found = stage.folder / "found" / "late"
    found.mkdir(parents=True)
    view(board, "Services")
    expect(card(board, "late")).to_be_visible()
    view(board, "Requests")
    for name in ("late", "web"):
        ask(f"https://{name}.look.localhost:{stage.https_port}/", stage.ca)
    of_web = board.locator("tbody tr").filter(has_text="web")
    expect(of_web).not_to_have_count(0)
    board.get_by_label("Service", exact=True).select_option("late")
    expect(of_web).to_have_count(0)
    expect(board.locator("tbody tr")).to_have_count(1)
    found.rmdir()
    expect(of_web).not_to_have_count(0)  # nobody asks for one service any more
    view(board, "Services")
    expect(card(board, "late")).to_have_count(0)


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["wide", "phone"])
def test_everybody_can_use_it(board: Page, scheme: str, size: dict[str, int]) -> None:
    board.set_viewport_size(size)
    board.emulate_media(color_scheme=scheme)
    expect(board.get_by_role("region", name="Answers for contacts", exact=True)).to_be_visible()
    refuse_barriers(board, scheme, size, "panels")
