"""What a save is told as."""

from __future__ import annotations

import pytest

from devserve.live.report import browsers, duration, named, report


def test_tells_a_save_in_one_line():
    line = report("web", ["static/site.css"], ["refresh", browsers(2)], 0.0031)
    assert line == "web: static/site.css → refresh → 2 browsers (3 ms)"


@pytest.mark.parametrize(
    ("paths", "text"), [("a", "a"), ("ab", "a, b"), ("abc", "a, b and 1 more"), ("abcde", "a, b and 3 more")]
)
def test_names_two_files_and_counts_the_rest(paths, text):
    assert named(list(paths)) == text


@pytest.mark.parametrize(("count", "text"), [(0, "no browser is connected"), (1, "1 browser"), (2, "2 browsers")])
def test_counts_browsers(count, text):
    assert browsers(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0004, "0 ms"), (0.412, "412 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (12.34, "12.3 s")]
)
def test_times_are_short(seconds, text):
    assert duration(seconds) == text
