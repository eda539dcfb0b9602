import sys
import webbrowser

import pytest

from devserve.io.browser import open_page


@pytest.mark.parametrize(
    ("command", "opened"), [((sys.executable, "-c", "import sys; sys.exit(sys.argv[1] != 'https://a/')", "%s"), True)]
)
def test_opens_a_page_in_the_browser_that_there_is(monkeypatch, command, opened):
    browser = webbrowser.GenericBrowser(list(command))
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    assert open_page("https://a/") is opened


def test_a_browser_in_the_terminal_is_none(monkeypatch):
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("w3m"))
    assert not open_page("https://a/")


def test_no_browser_is_no_error(monkeypatch):
    def none():
        raise webbrowser.Error("no browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert not open_page("https://a/")
