"""What a save is told as."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devserve.config.values import Then
from devserve.live.report import browsers, duration, line, named, tree
from devserve.live.why import Step, What
from support.records import CASCADE, FAILED, LOOP, REFRESHED, UNREADY

NO_PROGRAM = replace(UNREADY, steps=(Step(What.RESTART, 0.1, "web", problem="npm: not found"),))
OTHER_UNREADY = replace(
    CASCADE, steps=(*CASCADE.steps[:3], Step(What.RESTART, 0.1, "shop", problem="npm: not found")), file_count=3
)
LINES = [
    (REFRESHED, "web: src/site.scss → npx gulp css 380 ms → refresh → 2 browsers (412 ms)"),
    (
        FAILED,
        "web: src/site.scss, page.html → npx gulp css failed with status 1: on line 3 → reload → 1 browser (232 ms)",
    ),
    (
        CASCADE,
        "shared: model.py, a.py and 5 more → restart 120 ms → ready 340 ms → restart web 100 ms → ready web 1.2 s"
        " → reload → 3 browsers (1.9 s)",
    ),
    (UNREADY, "web: app.py → restart 120 ms → it did not become ready (500 ms)"),
    (NO_PROGRAM, "web: app.py → restart → npm: not found (500 ms)"),
    (
        OTHER_UNREADY,
        "shared: model.py, a.py and 1 more → restart 120 ms → ready 340 ms → restart shop → npm: not found"
        " → reload → no browser is connected (1.9 s)",
    ),
    (LOOP, "web: src/version.ts → it is written by make, which it starts (30 ms)"),
]


@pytest.mark.parametrize(("record", "text"), LINES, ids=lambda value: value if isinstance(value, str) else "")
def test_tells_a_save_in_one_line(record, text):
    assert line(record) == text


def test_shows_a_chain_as_a_tree():
    assert tree(REFRESHED).splitlines() == [
        "09:26:53 web: src/site.scss (412 ms)",
        "├─ rule src/**/*.scss",
        "├─ waited 31 ms",
        "├─ task npx gulp css 380 ms",
        "└─ refresh → 2 browsers 1 ms",
    ]


def test_the_tree_names_other_services_that_were_restarted():
    assert tree(CASCADE).splitlines()[3:] == [
        "├─ restart 120 ms",
        "├─ ready 340 ms",
        "├─ reload → no browser is connected 1 ms",
        "├─ restart web 100 ms",
        "├─ ready web 1.2 s",
        "└─ reload web → 3 browsers 1 ms",
    ]


def test_the_tree_says_what_went_wrong():
    assert tree(FAILED).splitlines()[3:] == [
        "├─ task npx gulp css 200 ms (status 1)",
        "├─ ✗ failed with status 1: on line 3",
        "└─ reload → 1 browser 1 ms",
    ]
    assert tree(UNREADY).splitlines()[-2:] == ["├─ ready 340 ms", "└─ ✗ it did not become ready"]
    assert tree(LOOP).splitlines()[-1] == "└─ ✗ it is written by make, which it starts"


def test_a_tree_without_steps_ends_with_what_was_waited_for():
    nothing = replace(REFRESHED, steps=(Step(What.TELL, 0.0, "web", then=Then.RELOAD),))
    assert tree(nothing).splitlines()[-1] == "└─ reload → no browser is connected 0 ms"


@pytest.mark.parametrize(
    ("paths", "text"), [("a", "a"), ("ab", "a, b"), ("abc", "a, b and 1 more"), ("abcde", "a, b and 3 more")]
)
def test_names_two_files_and_counts_the_rest(paths, text):
    assert named(list(paths)) == text


def test_counts_also_the_files_that_are_not_listed():
    assert named(["a", "b", "c"], 9) == "a, b and 7 more"


@pytest.mark.parametrize(("count", "text"), [(0, "no browser is connected"), (1, "1 browser"), (2, "2 browsers")])
def test_counts_browsers(count, text):
    assert browsers(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0004, "0 ms"), (0.412, "412 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (12.34, "12.3 s")]
)
def test_times_are_short(seconds, text):
    assert duration(seconds) == text
