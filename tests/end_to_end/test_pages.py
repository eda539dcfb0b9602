"""The script in pages of every kind, in a real Chromium: it runs and connects, and what was blocked stays blocked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Page, expect

from devserve.proxy.pages.tags import POSITIONS, Position
from support import pages_server
from support.browser_drive import Seen, watched
from support.fleet_client import ask
from support.fleet_home import Home
from support.fleet_running import free_port, running
from support.fleet_stage import Stage, export_ca
from support.pages import PIECES, injector

pytestmark = pytest.mark.browser

CONFIGURATION = """
[project]
domain = "pages.localhost"
plugins = ["tags.py"]

[services.web]
command = ["{python}", "{server}"]

[services.end]
command = ["{python}", "{server}"]
livereload.placement = "end"

[services.body]
command = ["{python}", "{server}"]
livereload.placement = "body"

[services.tags]
command = ["{python}", "{server}"]
"""
TAGS = """
from devserve import Tag, hookimpl

POSITIONS = ("head-prepend", "head", "body-prepend", "body")

@hookimpl
def devserve_snippet(service):
    if service.name != "tags":
        return []
    scripts = [Tag("script", text=f"(window.ran ??= []).push('{each} é')", position=each) for each in POSITIONS]
    return [*scripts, Tag("style", text="h1 { letter-spacing: 3px }", position="head")]
"""
# An <svg> that nobody closes takes in what stands before </body>.
HTML_PIECES = [piece for piece in PIECES if "svg" not in piece]
BLOCKED = "Content Security Policy"


@pytest.fixture(scope="module")
def fleet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the service of hard pages, three times with another placement, once with a plugin's tags."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "devserve.toml").write_text(CONFIGURATION.format(python=sys.executable, server=pages_server.__file__))
    (folder / "tags.py").write_text(TAGS)
    (folder / "style.css").write_text("h1 { color: rgb(1, 2, 3) }\n")
    return folder


@pytest.fixture(scope="module")
def stage(fleet_home: Home, fleet_folder: Path) -> Iterator[Stage]:
    """The service, ready."""
    https_port, http_port = free_port(), free_port()
    ports = ("--https-port", str(https_port), "--http-port", str(http_port), "--access-log", "text")
    with running(fleet_home, *ports, fleet_folder, cwd=fleet_folder) as devserve:
        devserve.wait_ready("web", "end", "body", "tags")
        yield Stage(fleet_home, fleet_folder, devserve, https_port, http_port, export_ca(fleet_home, fleet_folder))


def url(stage: Stage, path: str, service: str = "web") -> str:
    return f"https://{service}.pages.localhost:{stage.https_port}{path}"


def loaded(stage: Stage, page: Page, path: str, service: str = "web") -> tuple[Seen, dict[str, str]]:
    """Load a page; return what it did until its livereload socket was greeted, and the fields of its response."""
    seen = watched(page)
    response = page.goto(url(stage, path, service))
    assert response is not None
    seen.until(lambda: seen.greeted, "the livereload socket is greeted")
    return seen, response.all_headers()


@pytest.mark.parametrize("name", pages_server.POLICIES)
def test_a_policy_admits_the_script_and_still_blocks_what_it_blocked(stage: Stage, page: Page, name: str) -> None:
    seen, fields = loaded(stage, page, f"/policy/{name}")
    assert fields["x-devserve"] == "injected"
    seen.until(lambda: any(BLOCKED in text for text in seen.console), "the inline script is blocked")
    assert page.title() == "quiet"
    assert all("inline script" in text for text in seen.console if BLOCKED in text)


@pytest.mark.parametrize("service", ["web", "end", "body"])
def test_a_meta_policy_does_too_whether_the_script_comes_before_or_after_it(
    stage: Stage, page: Page, service: str
) -> None:
    seen, _ = loaded(stage, page, "/meta", service)
    seen.until(lambda: any(BLOCKED in text for text in seen.console), "the inline script is blocked")
    assert page.title() == "quiet"


@pytest.mark.parametrize("path", [*(f"/policy/{name}" for name in pages_server.POLICIES), "/meta", "/utf-16", "/xhtml"])
def test_a_plugins_texts_run_at_each_position_whatever_the_policy(stage: Stage, page: Page, path: str) -> None:
    loaded(stage, page, path, "tags")
    assert page.evaluate("window.ran") == [f"{each} é" for each in POSITIONS]
    expect(page.locator("h1")).to_have_css("letter-spacing", "3px")
    assert page.title() == "quiet"


def test_the_log_says_once_what_production_would_need(stage: Stage, page: Page) -> None:
    loaded(stage, page, "/policy/default")
    loaded(stage, page, "/policy/none")
    lines = [line for line in stage.running.output.splitlines() if "needed more than" in line]
    assert sum("web: " in line for line in lines) == 1
    assert f"connect-src wss://livereload.web.pages.localhost:{stage.https_port}" in "".join(
        stage.running.output.split("\n")
    )


def test_under_trusted_types_a_stylesheet_is_swapped(stage: Stage, page: Page) -> None:
    loaded(stage, page, "/policy/trusted-types")
    (stage.folder / "style.css").write_text("h1 { color: rgb(0, 128, 0) }\n")
    expect(page.locator("h1")).to_have_css("color", "rgb(0, 128, 0)")


@pytest.mark.parametrize("coding", pages_server.CODERS)
def test_a_coded_page_stays_coded(stage: Stage, page: Page, coding: str) -> None:
    _, fields = loaded(stage, page, f"/coding/{coding}")
    assert (fields["content-encoding"], fields["x-devserve"]) == (coding, "injected")
    expect(page.locator("h1")).to_have_text("Grüße")


@pytest.mark.parametrize("path", ["/plain", "/unsaid", "/utf-16", "/xhtml"])
def test_whatever_the_charset_and_syntax_the_script_runs(stage: Stage, page: Page, path: str) -> None:
    loaded(stage, page, path)
    expect(page.locator("h1")).to_have_text("Grüße")


@pytest.mark.parametrize(("service", "parent", "place"), [("web", "head", 1), ("body", "body", 0), ("end", "body", -1)])
def test_the_script_stands_where_the_service_wants_it(
    stage: Stage, page: Page, service: str, parent: str, place: int
) -> None:
    loaded(stage, page, "/plain", service)
    sources = page.evaluate(f"[...document.{parent}.children].map((child) => child.src || child.localName)")
    assert "livereload.js" in sources[place if service != "web" else 0]


# Whether the browser's parser finds the element, in the head if it was put there, and reads the page in the mode in
# which it read the original.
PARSED = """([position, pages]) => pages.map(([original, written]) => {
  const [before, after] = [original, written].map((page) => new DOMParser().parseFromString(page, "text/html"));
  const found = after.querySelector("script[data-x]");
  const inHead = found?.parentNode === after.head || !position.startsWith("head");
  return found !== null && inHead && before.compatMode === after.compatMode;
})"""


@pytest.mark.parametrize("position", POSITIONS)
def test_a_browsers_parser_finds_an_element_wherever_the_snippet_was_put(page: Page, position: Position) -> None:
    random, pages = Random(position), []
    while len(pages) < 500:
        one = injector(position, "<script data-x></script>")
        original = "".join(random.choices(HTML_PIECES, k=random.randint(1, 10)))
        written = one.feed(original) + one.close()
        pages += [(original, written)] if one.placed else []
    parsed = zip(pages, page.evaluate(PARSED, [position, pages]), strict=True)
    assert [written for (_, written), is_right in parsed if not is_right] == []


def test_a_page_that_comes_slowly_is_live_before_its_end(stage: Stage, page: Page) -> None:
    seen = watched(page)
    page.goto(url(stage, "/slow"), wait_until="commit")
    expect(page.locator("h1")).to_have_text("Grüße")
    seen.until(lambda: seen.greeted, "the script runs while the page still comes")
    assert page.locator("#text").count() == 0
    assert ask(url(stage, "/release"), stage.ca).status == 200
    expect(page.locator("#text")).to_have_text("text")


def test_a_tag_for_a_livereload_server_becomes_the_proxied_script(stage: Stage, page: Page) -> None:
    seen, _ = loaded(stage, page, "/stale")
    page.wait_for_load_state("networkidle")
    assert len(seen.sockets) == 1
    assert seen.failed == []
    assert not [text for text in seen.console if "Mixed Content" in text or "35729" in text]


def test_a_page_with_a_working_tag_is_left_alone(stage: Stage, page: Page) -> None:
    seen, fields = loaded(stage, page, "/own")
    assert fields["x-devserve"] == "not injected: the page loads livereload.js itself"
    assert len(seen.sockets) == 1


def test_frames_and_objects_are_pages(stage: Stage, page: Page) -> None:
    seen, _ = loaded(stage, page, "/frames")
    seen.until(lambda: len(seen.greeted) == 3, "the page, the frame and the object are connected")


def test_a_download_is_no_page(stage: Stage, page: Page) -> None:
    loaded(stage, page, "/plain")
    page.evaluate('document.body.innerHTML = \'<a download="x.html" href="/plain">x</a>\'')
    with page.expect_download() as download:
        page.locator("a").click()
    assert download.value.path().read_text() == pages_server.OPEN


def test_what_a_script_fetched_is_never_kept_for_the_page(stage: Stage, page: Page) -> None:
    loaded(stage, page, "/plain")
    fetched = page.evaluate("fetch('/kept').then(async (got) => [got.headers.get('x-devserve'), await got.text()])")
    assert fetched == ["not injected: Sec-Fetch-Dest is empty", pages_server.OPEN]
    seen, _ = loaded(stage, page, "/kept")
    response = page.reload()
    assert response is not None
    assert response.status == 200
    seen.until(lambda: len(seen.greeted) == 2, "it is connected after a reload too")


def test_what_was_prefetched_is_never_taken_for_the_page(stage: Stage, page: Page) -> None:
    loaded(stage, page, "/plain")
    with page.expect_response(lambda response: "/kept?ahead" in response.url) as ahead:
        page.evaluate("document.head.append(Object.assign(document.createElement('link'), "
                      "{rel: 'prefetch', href: '/kept?ahead'}))")  # fmt: skip
    assert ahead.value.all_headers()["x-devserve"] == "not injected: Sec-Fetch-Dest is empty"
    _, fields = loaded(stage, page, "/kept?ahead")
    assert fields["x-devserve"] == "injected"


def test_a_page_through_a_service_worker_has_the_script(stage: Stage, page: Page) -> None:
    loaded(stage, page, "/plain")
    page.evaluate("navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)")
    _, fields = loaded(stage, page, "/plain")
    assert fields["x-devserve"] == "injected"
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.forEach((one) => one.unregister()))")
