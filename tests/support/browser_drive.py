"""A real Chromium in a home of its own, and what a page does while a test looks on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Frame, Page, WebSocket, sync_playwright

from support.fleet_home import ROOT, Home
from support.fleet_running import until
from support.node_packages import need_node_packages

# Nothing here is about certificates or security: trust comes from the home's NSS database alone.
# --no-sandbox is what Chromium asks for when root starts it.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
MILLISECONDS = 15_000
BETWEEN = 20  # milliseconds between two looks
VIOLATIONS = """(within) => axe.run(within).then((found) =>
  found.violations.map((each) => [each.id, each.nodes.map((node) => node.html)]))"""


@contextmanager
def chromium(
    executable: Path, home: Home, extension: Path | None = None, *, domain: str = ""
) -> Iterator[BrowserContext]:
    """Start the browser with the home's trust and an empty profile.

    It may have an unpacked extension, and find the hosts of a domain at 127.0.0.1 that no name service knows.
    """
    loading = [f"--disable-extensions-except={extension}", f"--load-extension={extension}"] if extension else []
    leading = [f"--host-resolver-rules=MAP *.{domain} 127.0.0.1"] if domain else []
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            home.path / "profile",
            executable_path=executable,
            args=(*ARGUMENTS, *loading, *leading),
            ignore_default_args=["--disable-extensions"] if extension else None,
            env=dict(home.environment),
            headless=True,
            viewport={"width": 1280, "height": 1000},
        )
        context.set_default_timeout(MILLISECONDS)
        try:
            yield context
        finally:
            context.close()


@dataclass
class Seen:
    """What a page has done since it was opened."""

    page: Page
    navigations: list[str] = field(default_factory=list)  # of the page itself
    frame_navigations: list[str] = field(default_factory=list)  # of frames in it
    statuses: list[tuple[int, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    greeted: list[str] = field(default_factory=list)  # livereload sockets on which the server has said hello

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition; what the browser does is heard of only while Playwright is asked for something."""
        until(condition, f"{what}\n{self}", between=lambda: self.page.wait_for_timeout(BETWEEN))

    def forget_navigations(self) -> None:
        """Count from here."""
        self.navigations.clear()
        self.frame_navigations.clear()


def watched(page: Page) -> Seen:
    """Note what a page does from now on."""
    seen = Seen(page)

    def on_navigation(frame: Frame) -> None:
        (seen.frame_navigations if frame.parent_frame else seen.navigations).append(frame.url)

    def on_socket(socket: WebSocket) -> None:
        seen.sockets.append(socket.url)
        socket.on("framereceived", lambda text: '"hello"' in str(text) and seen.greeted.append(socket.url))

    page.on("framenavigated", on_navigation)
    page.on("websocket", on_socket)
    page.on("response", lambda response: seen.statuses.append((response.status, response.url)))
    page.on("requestfailed", lambda request: seen.failed.append(request.url))
    page.on("console", lambda message: seen.console.append(message.text))
    return seen


def barriers(page: Page, within: str = "html") -> list[object]:
    """Return what axe-core finds by which a part of the page keeps somebody out: each rule, and the elements."""
    page.evaluate((need_node_packages() / "axe-core" / "axe.min.js").read_text() + ";0")
    found: list[object] = page.evaluate(VIOLATIONS, within)
    return found


def keep_screenshot(page: Page, name: str) -> Path:
    """Keep a picture of the whole page for people to look at; return its path."""
    kept = ROOT / "artifacts" / name
    kept.parent.mkdir(exist_ok=True)
    page.screenshot(path=kept, full_page=True)
    return kept
