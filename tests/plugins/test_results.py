from dataclasses import replace
from pathlib import Path

import pytest

from devserve.config.values import Then, WatchRule
from devserve.live.problems import Problem
from devserve.plugins.results import RESULTS, first, listed
from devserve.plugins.verify import HOOKS
from devserve.run.command import Command

RULE = WatchRule(("*",))


def test_every_hook_has_a_result():
    assert set(RESULTS) == set(HOOKS)


@pytest.mark.parametrize(
    ("hook", "value", "right"),
    [
        ("devserve_watch", [RULE], True),
        ("devserve_watch", (RULE,), True),
        ("devserve_watch", [], True),
        ("devserve_watch", RULE, False),
        ("devserve_watch", [RULE, 3], False),
        ("devserve_output", Problem("x"), True),
        ("devserve_output", "x", False),
        ("devserve_changed", Then.RELOAD, True),
        ("devserve_changed", "reload", False),
        ("devserve_response_headers", True, False),
    ],
)
def test_what_a_hook_may_return(hook, value, right):
    assert (RESULTS[hook].complaint(value) == "") is right


COMMAND = Command(("npm", "start"), Path("/shop"), {})


@pytest.mark.parametrize(
    ("was", "found", "said"),
    [
        (COMMAND, replace(COMMAND, argv=()), "a Command without argv"),
        (replace(COMMAND, argv=()), replace(COMMAND, argv=()), ""),
        (COMMAND, replace(COMMAND, argv="npm start"), "a Command whose argv is 'npm start', not a tuple of str"),
    ],
)
def test_a_command_stays_one(was, found, said):
    assert RESULTS["devserve_command"].complaint(found, was) == said


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        ("devserve_watch", "a list of WatchRule"),
        ("devserve_output", "a Problem or None"),
        ("devserve_response_headers", "nothing"),
    ],
)
def test_a_result_is_said_in_words(hook, words):
    assert str(RESULTS[hook]) == words


def test_results_of_several_plugins_are_one():
    assert listed([[RULE], (RULE,), []], WatchRule) == [RULE, RULE]
    assert first([Then.RELOAD], Then) is Then.RELOAD
    assert first([], Then) is None
