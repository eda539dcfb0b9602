from datetime import timedelta

import pytest

from devserve.ca.authority import Subject, create
from devserve.ca.leaf import mint
from devserve.ca.succession import Choice, choose
from support.certificates import NOW

MADE = create(Subject("", "ann", "laptop"), ["test"], NOW)
SHOWN = mint(MADE, "web.test", NOW)
SUCCESSOR = mint(MADE, "web.test", SHOWN.renew_after)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "choice", "alone"),
    [
        (SHOWN.not_before - SECOND, Choice.NEITHER, Choice.NEITHER),
        (SHOWN.not_before, Choice.SHOWN, Choice.SHOWN),
        (NOW, Choice.SHOWN, Choice.SHOWN),
        (SHOWN.renew_after - SECOND, Choice.SHOWN, Choice.SHOWN),
        (SHOWN.renew_after, Choice.SUCCESSOR, Choice.AGING),
        (SHOWN.not_after - SECOND, Choice.SUCCESSOR, Choice.AGING),
        (SHOWN.not_after, Choice.SUCCESSOR, Choice.NEITHER),
        (NOW + timedelta(days=31), Choice.SHOWN, Choice.SHOWN),
        (NOW + timedelta(days=100), Choice.SUCCESSOR, Choice.NEITHER),
        (SUCCESSOR.not_after - SECOND, Choice.SUCCESSOR, Choice.NEITHER),
        (SUCCESSOR.not_after, Choice.NEITHER, Choice.NEITHER),
    ],
)
def test_a_leaf_that_is_in_its_time_is_chosen_if_there_is_one(now, choice, alone):
    assert choose(SHOWN, SUCCESSOR, now) is choice
    assert choose(SHOWN, None, now) is alone


def test_a_month_of_sleep_from_any_day_on_is_covered_without_signing():
    for day in range(60):  # as long as the laptop was awake at times, the line was renewed by then
        awake = NOW + timedelta(days=day)
        assert choose(SHOWN, SUCCESSOR, awake + timedelta(days=31)) in {Choice.SHOWN, Choice.SUCCESSOR}
