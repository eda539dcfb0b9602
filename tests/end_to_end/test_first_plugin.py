"""The tutorial as somebody follows it: each command typed, each file saved, and the ribbon looked at in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from support.browser_drive import chromium
from support.browser_find import need_browser
from support.fleet_home import ROOT, Home
from support.fresh_environment import PIP, fresh_environment
from support.shell_blocks import Command, File, read
from support.shell_pages import Reader, reader

TUTORIAL = read((ROOT / "docs" / "first-plugin.md").read_text())
URL = re.compile(r"https://hello\.localhost\S*/")
# What the ribbon says and its colour, each time that something which it depends on has been saved.
RIBBONS = [
    ("on this laptop", "rgb(102, 51, 153)"),
    ("on this laptop", "rgb(0, 128, 128)"),
    ("hello on this laptop", "rgb(102, 51, 153)"),
    ("hello on this laptop", "rgb(220, 20, 60)"),
]
IS = """([says, colour]) => {
  const ribbon = getComputedStyle(document.body, "::after");
  return ribbon.content === JSON.stringify(says) && ribbon.backgroundColor === colour;
}"""
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Somebody with an environment of their own, in which devserve is installed."""
    for name, value in PIP.items():
        monkeypatch.setenv(name, value)
    with reader(TUTORIAL, tmp_path, fresh_environment(tmp_path / "environment")) as one:
        yield one


def test_the_tutorial_shows_what_it_says(person: Reader) -> None:
    to_come = iter(RIBBONS)
    with ExitStack() as stack:
        page: Page | None = None
        for step in TUTORIAL.steps:
            if isinstance(step, File):
                person.write(step)
            else:
                person.type(step)
                page = stack.enter_context(opened(person)) if step.runs_on else page
            if page is not None and (ribbon := next(to_come, None)) is not None:
                page.wait_for_function(IS, arg=ribbon)
        assert list(to_come) == []
        assert "ribbon.py: hello changes without a restart" in person.running[0].text
    ended = person.running.pop()
    ended.type("\x03")
    ended.wait_for(lambda: ended.process.poll() is not None)
    ended.close()
    person.type(Command(0, "devserve run --yes", runs_on=True))
    with opened(person) as page:
        page.wait_for_function(IS, arg=RIBBONS[-1])


@contextmanager
def opened(person: Reader) -> Iterator[Page]:
    """Open the address that devserve has printed, in a browser that trusts it."""
    home = Home(Path(person.environment["HOME"]), person.environment)
    trusting = home.devserve("setup", "--yes", "--store", "nss", cwd=person.folder / "hello")
    assert trusting.returncode == 0, trusting.stderr
    found = URL.search(person.running[0].text)
    assert found is not None, person.running[0].text
    with chromium(need_browser(), home) as browser:
        page = browser.new_page()
        page.goto(found[0])
        yield page
