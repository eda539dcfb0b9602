"""The status line, on a terminal that is a text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from devserve.cli.status_line import AT_MOST_EVERY, ERASE, WRAP_OFF, WRAP_ON, StatusLine, is_possible
from devserve.run.lifecycle import State
from devserve.run.status import Standing, Status

READY = Status((Standing("web", State.READY),))
DOWN = Status((Standing("web", State.EXITED),))
DRAWN = f"{WRAP_OFF}web ready · ? help{WRAP_ON}"


class Screen(io.StringIO):
    """A file that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def console(width: int = 40, **options) -> Console:
    return Console(file=Screen(), width=width, color_system=None, force_terminal=True, **options)


def later(line: StatusLine) -> None:
    """Let time pass since the line was drawn."""
    line._drawn -= 2 * AT_MOST_EVERY


def test_the_line_is_drawn_once_until_it_says_something_else():
    line = StatusLine(console())
    assert line.show(READY) == DRAWN
    assert line.show(READY) == ""
    assert line.show(DOWN) == f"{ERASE}{WRAP_OFF}web exited · ? help{WRAP_ON}"


def test_what_is_printed_stands_above_it():
    line = StatusLine(console())
    line.show(READY)
    later(line)
    assert line.above("hello\n") == f"{ERASE}hello\n{DRAWN}"


def test_a_flood_is_not_followed_by_a_line_each():
    line = StatusLine(console())
    line.show(READY)
    assert line.above("one\n") == f"{ERASE}one\n"
    assert line.above("two\n") == "two\n"
    assert line.show(READY) == DRAWN


def test_it_vanishes():
    line = StatusLine(console())
    line.show(READY)
    assert line.show(None) == ERASE
    assert line.above("hello\n") == "hello\n"
    assert line.again() == ""


def test_on_a_terminal_that_has_become_narrower_all_its_rows_go():
    wide = console(40)
    line = StatusLine(wide)
    line.show(READY)  # 18 cells
    wide.width = 7
    assert line.again() == f"\x1b[2A{ERASE}{WRAP_OFF}1 rea…{WRAP_ON}"


@pytest.mark.parametrize("width", [1, 2, 10, 40])
def test_it_never_fills_the_last_cell(width):
    line = StatusLine(console(width))
    line.show(READY)
    assert line._cells <= max(1, width - 1)


def test_its_colours_are_the_terminals():
    coloured = Console(file=Screen(), width=40, color_system="standard", force_terminal=True)
    assert "\x1b[32mweb ready\x1b[0m" in StatusLine(coloured).show(READY)


@pytest.mark.parametrize(
    ("file", "environment", "possible"),
    [
        (Screen(), {"TERM": "xterm"}, True),
        (io.StringIO(), {"TERM": "xterm"}, False),
        (io.StringIO(), {"TERM": "xterm", "FORCE_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (Screen(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "xterm", "CI": "true"}, False),
    ],
)
def test_only_a_terminal_for_people_has_it(monkeypatch, file, environment, possible):
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_possible(Console(file=file)) is possible


def test_says_what_is_on_the_screen():
    line = StatusLine(console())
    line.show(READY)
    assert repr(line) == "<StatusLine 'web ready · ? help'>"
