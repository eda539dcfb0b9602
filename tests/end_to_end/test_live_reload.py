"""A saved file in the browser: swapped, reloaded or restarted, and never an error page between."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from support.browser_drive import Seen, keep_screenshot, watched
from support.fleet_running import until
from support.fleet_stage import Stage

pytestmark = pytest.mark.browser

# Asks for the page again and again until it has the new text; returns each status that it saw on the way.
ASK_UNTIL = """async (text) => {
  const statuses = [];
  for (let asked = 0; asked < 2000; asked += 1) {
    const answer = await fetch("/", {cache: "no-store"});
    statuses.push(answer.status);
    if ((await answer.text()).includes(text)) return statuses;
  }
  return statuses;
}"""
HAS_COLOUR = "([selector, colour]) => getComputedStyle(document.querySelector(selector)).color === colour"


@pytest.fixture
def front(stage: Stage, page: Page) -> Iterator[tuple[Page, Seen]]:
    """The open front page, with both livereload sockets connected, marked so that a reload would show."""
    seen = watched(page)
    page.goto(stage.url("web"))
    seen.until(lambda: len(seen.greeted) == 2, "two greeted sockets")
    page.evaluate("window.marked = true")
    seen.forget_navigations()
    yield page, seen
    assert [status for status in seen.statuses if status[0] >= 500] == []


def colour_changes(stage: Stage, page: Page, colour: str, computed: str) -> None:
    """Save the stylesheet with another accent and wait until the open page shows it."""
    path = stage.folder / "web/static/style.css"
    path.write_text(path.read_text() + f"\nh1 {{ color: {colour}; }}\n")
    page.wait_for_function(HAS_COLOUR, arg=["h1", computed])


def test_a_saved_stylesheet_changes_the_page_without_a_navigation(stage: Stage, front: tuple[Page, Seen]) -> None:
    page, seen = front
    colour_changes(stage, page, "#008000", "rgb(0, 128, 0)")
    assert page.evaluate("window.marked") is True
    assert seen.navigations == []
    assert seen.frame_navigations == []


def test_a_saved_template_loads_the_page_again_exactly_once(stage: Stage, front: tuple[Page, Seen]) -> None:
    page, seen = front
    stage.edit("web/templates/index.html", "Four services", "A fleet of services")
    expect(page.get_by_text("A fleet of services")).to_be_visible()
    seen.until(lambda: len(seen.greeted) == 4, "both sockets are back")
    # A swapped stylesheet comes after whatever the template still caused.
    colour_changes(stage, page, "#800080", "rgb(128, 0, 128)")
    assert seen.navigations == [stage.url("web")]
    assert page.evaluate("window.marked") is None


def test_saved_data_loads_only_the_frame_again(stage: Stage, front: tuple[Page, Seen]) -> None:
    page, seen = front
    stage.edit("contacts/contacts.json", "Grace Hopper", "Katherine Johnson")
    expect(page.frame_locator("iframe").get_by_text("Katherine Johnson")).to_be_visible()
    assert seen.navigations == []
    assert seen.frame_navigations == [stage.url("contacts")]
    assert page.evaluate("window.marked") is True


def test_a_saved_backend_shows_its_new_answer_without_an_error_between(
    stage: Stage, front: tuple[Page, Seen], browser: BrowserContext
) -> None:
    page, seen = front
    with browser.new_page() as other:
        other.goto(stage.url("web", "/static/pennant.svg"))  # no page, so the restart does not load it again
        stage.edit("web/server.py", "All hands on deck", "Anchors aweigh")
        statuses = other.evaluate(ASK_UNTIL, "Anchors aweigh")
    assert set(statuses) == {200}
    expect(page.locator("#greeting")).to_have_text("Anchors aweigh")
    seen.until(lambda: len(seen.greeted) == 4, "both sockets are back")
    assert seen.navigations == [stage.url("web")]


def test_a_stylesheet_below_a_prefix_is_swapped_too(stage: Stage, page: Page) -> None:
    seen = watched(page)
    page.goto(stage.url("web", "/dashboard"))
    seen.until(lambda: seen.greeted, "the livereload socket is connected")
    seen.forget_navigations()
    stage.edit("dashboard/static/dashboard.css", "--accent: #2a9d8f", "--accent: #0000ff")
    page.wait_for_function(HAS_COLOUR, arg=["dd", "rgb(0, 0, 255)"])
    assert seen.navigations == []


def test_a_backend_saved_with_a_mistake_says_so_and_comes_back_when_mended(stage: Stage, page: Page) -> None:
    stage.edit("dashboard/server.py", "import asyncio", "import asyncio, no_such_module")
    until(lambda: "no_such_module" in stage.running.output, "the service's own words are in the terminal")
    page.goto(stage.url("web", "/dashboard"))
    expect(page.get_by_text("No module named 'no_such_module'")).to_be_visible()
    keep_screenshot(page, "failure.png")
    stage.edit("dashboard/server.py", "import asyncio, no_such_module", "import asyncio")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def test_pages_can_be_loaded_again_from_a_terminal(stage: Stage, front: tuple[Page, Seen]) -> None:
    page, seen = front
    answer = stage.home.devserve("reload", "contacts", cwd=stage.folder)
    assert (answer.returncode, answer.stderr) == (0, "contacts: reload → 1 browser\n")
    seen.until(lambda: seen.frame_navigations == [stage.url("contacts")], "the frame is loaded again")
    assert page.evaluate("window.marked") is True
    answer = stage.home.devserve("reload", "--json", "web/static/style.css", cwd=stage.folder)
    assert json.loads(answer.stdout) == {"web": 1}
    assert seen.navigations == []
    answer = stage.home.devserve("reload", "wbe", cwd=stage.folder)
    assert answer.returncode == 2
    assert "wbe is neither a service nor a file of one" in answer.stderr
