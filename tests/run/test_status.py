"""The status line at several widths."""

from __future__ import annotations

import pytest

from devserve.run.lifecycle import State
from devserve.run.status import BETWEEN, Mark, Standing, Status, parts_of

WEB, SHOP = Standing("web", State.READY), Standing("shop", State.READY)
SAVED = {"last": "web: site.css → refresh → 2 browsers 3 ms", "last_short": "refresh 3 ms"}


def line(status, width=200):
    return BETWEEN.join(text for text, _ in parts_of(status, width))


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (80, "web ready · shop ready · web: site.css → refresh → 2 browsers 3 ms · ? help"),
        (70, "2 ready · web: site.css → refresh → 2 browsers 3 ms · ? help"),
        (40, "2 ready · refresh 3 ms · ? help"),
        (25, "2 ready · refresh 3 ms"),
        (15, "2 ready"),
        (3, "2 ready"),
    ],
)
def test_says_as_much_as_fits(width, text):
    assert line(Status((WEB, SHOP), **SAVED), width) == text


@pytest.mark.parametrize(
    ("standing", "text", "mark"),
    [
        (Standing("web", State.READY, 900.0), "web ready", Mark.GOOD),
        (Standing("web", State.STARTING, 0.5), "web starting", Mark.COMING),
        (Standing("web", State.STARTING, 3.2), "web starting 3 s", Mark.COMING),
        (Standing("web", State.STOPPING, 4.0), "web stopping 4 s", Mark.COMING),
        (Standing("web", State.EXITED, 4.0), "web exited", Mark.BAD),
        (Standing("web", State.BACKING_OFF, 4.0), "web backing off", Mark.BAD),
    ],
)
def test_a_service_that_takes_its_time_says_how_long(standing, text, mark):
    assert parts_of(Status((standing,)), 80)[0] == (text, mark)


def test_what_is_not_ready_is_named_however_narrow_it_is_and_what_is_down_comes_first():
    services = (WEB, SHOP, Standing("api", State.STARTING), Standing("db", State.EXITED))
    assert line(Status(services, **SAVED), 50) == "db exited · api starting · 2 ready · refresh 3 ms"


def test_a_task_that_takes_its_time_is_named():
    assert line(Status((WEB,), doing="web: gulp css 3 s")) == "web ready · web: gulp css 3 s · ? help"


def test_on_a_narrow_terminal_the_task_has_no_name():
    status = Status((WEB, SHOP), doing="web: npx gulp css 3 s", doing_short="web task 3 s", **SAVED)
    assert line(status, 40) == "2 ready · web: npx gulp css 3 s"
    assert line(status, 25) == "2 ready · web task 3 s"


def test_a_question_stands_alone():
    assert parts_of(Status((WEB,), question="restart: a all  1 web"), 10) == (("restart: a all  1 web", Mark.QUESTION),)
