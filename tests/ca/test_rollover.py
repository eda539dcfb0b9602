from datetime import timedelta

import pytest

from devserve.ca.authority import Subject, create
from devserve.ca.rollover import OVERLAP, missing, reason, reminder
from support.certificates import NOW

MADE = create(Subject("", "ann", "laptop"), ["shop.test", "localhost"], NOW)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("wanted", "lacking"),
    [
        ([], []),
        (["localhost", "shop.test", "web.shop.test"], []),
        (["other.test", "myshop.test", "shop.test"], ["myshop.test", "other.test"]),
        (["test"], ["test"]),
    ],
)
def test_a_domain_outside_is_missing(wanted, lacking):
    assert missing(MADE, wanted) == lacking


@pytest.mark.parametrize(
    ("wanted", "now", "why"),
    [
        (["shop.test"], NOW, ""),
        (["other.test"], NOW, "may not sign names below other.test"),
        (["shop.test"], MADE.not_after - OVERLAP, ""),
        (["shop.test"], MADE.not_after - OVERLAP + SECOND, f"ends on {MADE.not_after:%Y-%m-%d}"),
        (["shop.test"], MADE.not_after, f"expired on {MADE.not_after:%Y-%m-%d}"),
    ],
)
def test_another_is_needed_for_a_new_domain_and_ninety_days_before_the_end(wanted, now, why):
    said = reason(MADE, wanted, now)
    assert said.endswith(why)
    assert bool(said) is bool(why)


def test_the_developer_is_reminded_only_in_the_overlap():
    assert reminder(MADE, MADE.not_after - OVERLAP) == ""
    assert "`devserve setup`" in reminder(MADE, MADE.not_after - OVERLAP + SECOND)
