import pytest

from devserve.config.values import Then, WatchRule
from devserve.live.problems import Problem
from devserve.plugins.results import RESULTS, first, listed
from devserve.plugins.verify import HOOKS

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
    assert RESULTS[hook].holds(value) is right


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
