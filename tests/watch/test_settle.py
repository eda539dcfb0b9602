"""Histories of changes, in milliseconds."""

from __future__ import annotations

import pytest

from devserve.watch.settle import Settle


def play(history, held=lambda _: False, leading=True):
    """Return (when, what) of every message that a history of (when, path) leads to."""
    settle, told = Settle(), []
    changes = [(when / 1000, path) for when, path in history]
    while changes or settle.due() is not None:
        due = settle.due()
        if changes and (due is None or changes[0][0] <= due):
            now, path = changes.pop(0)
            if leading and settle.leads(now, path) and not held(now):
                settle.told(now)
                told.append((round(now * 1000), (path,)))
            else:
                settle.add(now, path)
        elif paths := settle.poll(due, held(due)):
            told.append((round(due * 1000), paths))
    return told


HISTORIES = {
    "one save is told at once": ([(0, "a")], [(0, ("a",))]),
    "saves far apart are each told at once": ([(0, "a"), (30, "a")], [(0, ("a",)), (30, ("a",))]),
    "what follows becomes one more message": (
        [(0, "a"), (5, "b"), (10, "c"), (12, "b")],
        [(0, ("a",)), (42, ("b", "c"))],
    ),
    "a second save within the quiet period is not lost": ([(0, "a"), (10, "a")], [(0, ("a",)), (40, ("a",))]),
    "a burst without an end is cut at the cap": (
        [(when, "a") for when in range(0, 1200, 10)],
        [(0, ("a",)), (510, ("a",)), (1020, ("a",)), (1220, ("a",))],
    ),
    "after a settled message the next save is told at once": (
        [(0, "a"), (10, "b"), (60, "c")],
        [(0, ("a",)), (40, ("b",)), (60, ("c",))],
    ),
}


@pytest.mark.parametrize(("history", "told"), HISTORIES.values(), ids=HISTORIES.keys())
def test_browser_hears_at_once_and_then_of_the_rest(history, told):
    assert play(history) == told


WORK = {
    "one save waits for quiet": ([(0, "a")], [(30, ("a",))]),
    "each change starts the quiet period anew": ([(0, "a"), (20, "b"), (40, "a")], [(70, ("a", "b"))]),
    "a burst without an end is cut at the cap": (
        [(when, "a") for when in range(0, 700, 10)],
        [(500, ("a",)), (720, ("a",))],
    ),
}


@pytest.mark.parametrize(("history", "told"), WORK.values(), ids=WORK.keys())
def test_work_waits_for_quiet(history, told):
    assert play(history, leading=False) == told


def test_a_file_that_comes_back_is_told_at_once():
    settle = Settle()
    settle.add(0.000, "site.css")  # moved away by an editor, so that it could not be told
    assert settle.leads(0.002, "site.css")
    settle.told(0.002)
    assert settle.due() is None


def test_a_change_does_not_lead_while_another_waits():
    settle = Settle()
    settle.add(0.000, "app.py")
    assert not settle.leads(0.002, "site.css")


def test_a_change_that_could_not_be_told_opens_a_new_burst():
    settle = Settle()
    settle.told(0.000)
    settle.add(1.000, "site.css")
    assert settle.leads(1.001, "site.css")


def test_everything_waits_while_git_holds_its_lock():
    switch = [(when, f"file{when}") for when in range(0, 900, 100)]
    told = play(switch, held=lambda now: now < 0.95)
    assert [paths for _, paths in told] == [tuple(path for _, path in switch)]
    assert 950 <= told[0][0] <= 980


def test_a_lock_left_behind_is_waited_for_once():
    told = play([(0, "a"), (20_000, "b")], held=lambda _: True)
    assert told == [(10_030, ("a",)), (20_030, ("b",))]


def test_nothing_is_due_when_nothing_waits():
    settle = Settle()
    assert settle.due() is None
    assert settle.poll(1.0) == ()


def test_polling_early_returns_nothing():
    settle = Settle()
    settle.add(0.0, "a")
    assert settle.poll(0.029) == ()
    assert settle.poll(0.030) == ("a",)


def test_says_how_much_waits():
    settle = Settle()
    settle.add(0.0, "a")
    assert repr(settle) == "<Settle 1 changes waiting>"
