"""A real Chromium on the served fleet: trust, frames, live reload's sockets, policies."""

from __future__ import annotations

from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from support.browser_drive import keep_screenshot, watched
from support.fleet_stage import Stage

pytestmark = pytest.mark.browser

# What would make a browser believe anything.
FORBIDDEN_FLAGS = (
    "--ignore-certificate-errors", "--allow-insecure-localhost", "--unsafely-treat-insecure-origin-as-secure",
    "--disable-web-security", "--allow-running-insecure-content", "--test-type", "--host-resolver-rules",
)  # fmt: skip


def frame_of_contacts(page: Page) -> Frame:
    frame = page.frame(url=lambda url: "contacts.fleet" in url)
    assert frame is not None
    return frame


def test_the_browser_runs_without_any_flag_about_certificates_or_security(browser: BrowserContext, page: Page) -> None:
    commands = [process.cmdline() for process in psutil.Process().children(recursive=True)]
    flags = [word for command in commands if "--remote-debugging-pipe" in command for word in command]
    assert flags
    assert [flag for flag in flags if flag.startswith(FORBIDDEN_FLAGS)] == []


def test_the_page_is_a_secure_context(stage: Stage, page: Page) -> None:
    response = page.goto(stage.url("web"))
    assert response is not None
    assert response.status == 200
    assert page.evaluate("isSecureContext") is True
    details = response.security_details()
    assert details is not None
    assert details["protocol"] == "TLS 1.3"


def test_everything_on_the_page_loads(stage: Stage, page: Page) -> None:
    seen = watched(page)
    page.goto(stage.url("web"))
    expect(page.frame_locator("iframe").get_by_text("Grace Hopper")).to_be_visible()
    seen.until(lambda: len(seen.greeted) == 2, "two greeted sockets")
    assert [status for status in seen.statuses if status[0] >= 400] == []
    assert seen.failed == []
    assert [text for text in seen.console if "Content Security Policy" in text] == []


def test_the_second_service_loads_in_a_frame(stage: Stage, page: Page) -> None:
    page.goto(stage.url("web"))
    expect(page.frame_locator("iframe").get_by_text("Ada Lovelace")).to_be_visible()
    frame = frame_of_contacts(page)
    assert frame.url == stage.url("contacts")
    assert frame.evaluate("isSecureContext") is True


def test_both_livereload_sockets_connect_on_the_port_of_the_proxy(stage: Stage, page: Page) -> None:
    seen = watched(page)
    page.goto(stage.url("web"))
    expected = {
        f"wss://livereload.{name}.fleet.localhost:{stage.https_port}/livereload" for name in ("web", "contacts")
    }
    seen.until(lambda: set(seen.greeted) == expected, "both sockets are greeted")


def test_a_websocket_message_goes_round(stage: Stage, page: Page, browser: BrowserContext) -> None:
    page.goto(stage.url("web"))
    frame = page.frame_locator("iframe")
    expect(frame.locator("#listeners")).to_contain_text("on this channel")
    with browser.new_page() as other:
        other.goto(stage.url("contacts"))
        expect(other.locator("#listeners")).to_contain_text("on this channel")
        frame.get_by_label("Message", exact=True).fill("Ahoy")
        frame.get_by_role("button").click()
        expect(frame.locator("#chat li")).to_have_text(["Ahoy"])
        expect(other.locator("#chat li")).to_have_text(["Ahoy"])


def test_server_sent_events_arrive_and_their_end_is_noticed(stage: Stage, page: Page, browser: BrowserContext) -> None:
    page.goto(stage.url("contacts"))
    expect(page.locator("#listeners")).to_have_text("1 on this channel")
    with browser.new_page() as other:
        other.goto(stage.url("contacts"))
        expect(page.locator("#listeners")).to_have_text("2 on this channel")
    expect(page.locator("#listeners")).to_have_text("1 on this channel")


def test_a_posted_contact_comes_as_an_event(stage: Stage, page: Page) -> None:
    page.goto(stage.url("contacts"))
    expect(page.locator("#listeners")).to_contain_text("on this channel")
    answer = page.evaluate(
        """async () => (await fetch("/api/contacts",
            {method: "POST", body: JSON.stringify({name: "Hedy Lamarr", berth: "Pier 9"})})).status"""
    )
    assert answer == 201
    expect(page.get_by_text("Hedy Lamarr")).to_be_visible()


def test_an_inline_script_stays_blocked(stage: Stage, page: Page) -> None:
    stage.edit("dashboard/templates/dashboard.html", "<main>", "<main><script>document.title = 'ran'</script>")
    try:
        seen = watched(page)
        page.goto(stage.url("web", "/dashboard"))
        seen.until(lambda: seen.greeted, "the injected script runs under the same policy")
        seen.until(lambda: any("Content Security Policy" in text for text in seen.console), "the browser says so")
        assert page.title() == "Fleet: dashboard"
    finally:
        stage.edit("dashboard/templates/dashboard.html", "<main><script>document.title = 'ran'</script>", "<main>")


def test_the_dashboard_lives_below_its_prefix(stage: Stage, page: Page) -> None:
    page.goto(stage.url("web"))
    page.get_by_role("link", name="Dashboard").click()
    expect(page.locator("#process")).to_have_text(str(stage.running.listener_on(stage.running.rows["dashboard"].port)))
    assert urlsplit(page.url).path == "/dashboard"
    forwarded = dict(zip(page.locator("th").all_inner_texts(), page.locator("td").all_inner_texts(), strict=True))
    assert forwarded["Host"] == f"web.fleet.localhost:{stage.https_port}"
    assert forwarded["X-Forwarded-Proto"] == "https"
    assert forwarded["X-Forwarded-Port"] == str(stage.https_port)


def test_a_screenshot_is_kept(stage: Stage, page: Page) -> None:
    page.goto(stage.url("web"))
    expect(page.frame_locator("iframe").get_by_text("Grace Hopper")).to_be_visible()
    expect(page.frame_locator("iframe").locator("#listeners")).to_contain_text("on this channel")
    assert keep_screenshot(page, "fleet.png").stat().st_size > 20_000
