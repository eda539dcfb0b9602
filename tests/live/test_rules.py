"""From changed files to what the page is told."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from devserve.config.values import Then, WatchRule
from devserve.live.message import Message
from devserve.live.protocol import reload
from devserve.live.rules import (
    MOST_REFRESHED,
    Group,
    Outcome,
    as_loaded,
    frames,
    group,
    merge,
    patterns_of,
    reload_messages,
    rule_for,
    takes_work,
    together,
    work_of,
)


@dataclass(frozen=True)
class Ending:
    """A rule about files with one ending."""

    rule: WatchRule

    def covers(self, relative):
        return relative.endswith(self.rule.paths)


CSS = WatchRule((".css",), then=Then.REFRESH)
PYTHON = WatchRule((".py",), then=Then.RESTART)
ANY = WatchRule(("",), then=Then.RELOAD)
RULES = [Ending(CSS), Ending(PYTHON), Ending(ANY)]


def test_the_first_rule_that_matches_has_the_path():
    assert group(RULES, ["a.css", "index.html", "b.css", "app.py"]) == (
        Group(CSS, ("a.css", "b.css")),
        Group(PYTHON, ("app.py",)),
        Group(ANY, ("index.html",)),
    )


def test_a_path_without_a_rule_leads_to_nothing():
    assert group(RULES[:2], ["README"]) == ()
    assert rule_for(RULES[:2], "README") is None


def test_finds_the_rule_of_one_path():
    assert rule_for(RULES, "app.py") is PYTHON


@pytest.mark.parametrize(
    ("rule", "takes", "work"),
    [
        (WatchRule(("*.scss",), run=("npx", "gulp css")), True, "npx 'gulp css'"),
        (WatchRule(("*.py",), then=Then.RESTART), True, "restart"),
        (WatchRule(("*.css",), then=Then.REFRESH), False, "restart"),
    ],
)
def test_tasks_and_restarts_take_work(rule, takes, work):
    assert takes_work(rule) is takes
    assert not takes or work_of(rule) == work


def test_a_rule_is_called_by_its_patterns():
    assert patterns_of(WatchRule(("*.css", "img/"))) == "*.css img/"


@pytest.mark.parametrize(
    ("outcomes", "merged"),
    [
        ([], Outcome(Then.NOTHING)),
        ([Outcome(Then.NOTHING, ("a",))], Outcome(Then.NOTHING, ("a",))),
        ([Outcome(Then.REFRESH, ("a.css",)), Outcome(Then.NOTHING, ("b",))], Outcome(Then.REFRESH, ("a.css",))),
        (
            [Outcome(Then.REFRESH, ("a.css",)), Outcome(Then.RELOAD, ("x.html",))],
            Outcome(Then.RELOAD, ("x.html", "a.css")),
        ),
        (
            [Outcome(Then.REFRESH, ("a.css",)), Outcome(Then.RELOAD, ("x.html",)), Outcome(Then.RESTART, ("app.py",))],
            Outcome(Then.RESTART, ("app.py", "x.html", "a.css")),
        ),
        (
            [Outcome(Then.REFRESH, ("a.css",)), Outcome(Then.REFRESH, ("b.css",))],
            Outcome(Then.REFRESH, ("a.css", "b.css")),
        ),
    ],
)
def test_the_strongest_swallows_the_others(outcomes, merged):
    assert merge(outcomes) == merged


def told(outcome):
    found = [json.loads(frame) for frame in frames(outcome)]
    return [(frame["path"], frame["liveCSS"], frame["liveImg"]) for frame in found]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(Then.NOTHING, ("a.css",)), []),
        (Outcome(Then.REFRESH, ("a.css", "b.png")), [("/a.css", True, True), ("/b.png", True, True)]),
        (Outcome(Then.RELOAD, ("a.css", "b.css")), [("/a.css", False, False)]),
        (Outcome(Then.RESTART, ("app.py", "a.css")), [("/app.py", False, False)]),
        (Outcome(Then.REFRESH, ("src/site.scss",)), [("/src/site.css", True, True)]),
        (Outcome(Then.REFRESH, ("site.css", "site.scss")), [("/site.css", True, True)]),
    ],
)
def test_refresh_tells_each_file_and_reload_tells_once(outcome, expected):
    assert told(outcome) == expected


def test_many_refreshed_files_load_the_page_once():
    names = tuple(f"{number}.css" for number in range(MOST_REFRESHED + 1))
    assert len(told(Outcome(Then.REFRESH, names[:-1]))) == MOST_REFRESHED
    assert told(Outcome(Then.REFRESH, names)) == [("/0.css", False, False)]


@pytest.mark.parametrize(
    ("path", "loaded"),
    [
        ("src/site.scss", "src/site.css"),
        ("src/Site.LESS", "src/Site.css"),
        ("a/b.css", "a/b.css"),
        ("a.html", "a.html"),
        ("scss", "scss"),
    ],
)
def test_a_stylesheet_source_is_told_as_the_stylesheet_it_becomes(path, loaded):
    assert as_loaded(path) == loaded


LOAD = reload("/", live_css=False, live_image=False)
A, B = reload("/a.css"), reload("/b.css")


@pytest.mark.parametrize(
    ("messages", "left"),
    [
        ([], ()),
        ([A, B, A], (A, B)),
        ([A, LOAD, B], (LOAD,)),
        ([A, reload("/x.html"), LOAD], (reload("/x.html"),)),
        ([reload(f"/{number}.css") for number in range(MOST_REFRESHED + 1)], (LOAD,)),
    ],
)
def test_what_is_told_together_is_told_once_and_a_load_swallows_the_rest(messages, left):
    assert together(messages) == left


@pytest.mark.parametrize(
    ("files", "messages"),
    [((), (LOAD,)), (("a.scss", "b.css"), (A, B)), (("a.css", "x.py"), (reload("/x.py"),))],
)
def test_an_order_from_outside_is_told_like_a_save(files, messages):
    assert reload_messages(files) == messages


def test_messages_of_all_outcomes_are_kept():
    first, second = Message("a"), Message("b")
    merged = merge([Outcome(Then.NOTHING, ("x",), (first,)), Outcome(Then.RELOAD, ("y",), (second,))])
    assert merged == Outcome(Then.RELOAD, ("y",), (second, first))
