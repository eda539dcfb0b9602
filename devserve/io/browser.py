"""Opens a page in the user's browser."""

from __future__ import annotations

import webbrowser

IN_A_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})  # they would take the one devserve is in


def open_page(url: str) -> bool:
    """Open a page and return whether there is a browser for that, with a window of its own."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return getattr(browser, "name", "") not in IN_A_TERMINAL and browser.open(url)
