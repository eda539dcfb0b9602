"""The dashboard in a browser: its address, its views, and whether everybody can use it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from support.browser_drive import barriers, keep_screenshot

PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 1000}


def address(https_port: int, view: str = "services") -> str:
    """Return the address of a view."""
    return f"https://devserve.localhost:{https_port}/#{view}"


def opened(page: Page, https_port: int, view: str = "services") -> Page:
    """Open a view and return the page once it is live."""
    page.set_viewport_size(WIDE)
    page.goto(address(https_port, view))
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    return page


def card(board: Page, name: str = "web") -> Locator:
    """Return the card of a service, by what the dashboard calls it."""
    return board.locator(f'[data-service="{name}"]')


def view(board: Page, name: str) -> None:
    """Go to a view."""
    board.get_by_role("link", name=name, exact=True).click()
    expect(board.get_by_role("heading", level=1, name=name)).to_be_visible()


def refuse_barriers(board: Page, scheme: str, size: dict[str, int], name: str) -> None:
    """Keep a picture of what is shown, and fail where axe-core finds somebody kept out or the page is too wide."""
    keep_screenshot(board, f"dashboard-{scheme}-{size['width']}-{name.replace(':', '-')}.png")
    assert barriers(board) == [], name
    assert board.evaluate("document.documentElement.scrollWidth") <= size["width"], name
