from datetime import UTC, datetime, timedelta

import pytest

from devserve.doctor.dates import coverage, life, synchronized
from devserve.doctor.findings import Verdict

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "subject", "verdict", "said"),
    [
        (BEGINS - timedelta(days=1), "clock", Verdict.BROKEN, "the clock says 2025-12-31 00:00 UTC, before"),
        (BEGINS, "authority", Verdict.GOOD, "valid until 2031-01-01"),
        (ENDS - timedelta(days=30), "authority", Verdict.NOTE, "30 days from now"),
        (ENDS, "authority", Verdict.BROKEN, "expired on 2031-01-01"),
    ],
)
def test_the_cas_life_is_held_against_the_clock(now, subject, verdict, said):
    found = life(BEGINS, ENDS, now)
    assert (found.subject, found.verdict) == (subject, verdict)
    assert said in found.said
    assert bool(found.fix) is (verdict is not Verdict.GOOD)


@pytest.mark.parametrize(
    ("hosts", "verdict"),
    [
        ([], Verdict.GOOD),
        (["shop.test", "a.shop.test"], Verdict.GOOD),
        (["myshop.test"], Verdict.BROKEN),
        (["a.shop.test", "b.other.test"], Verdict.BROKEN),
    ],
)
def test_every_configured_name_must_be_within_the_cas_limits(hosts, verdict):
    assert coverage(hosts, ["localhost", "shop.test"]).verdict is verdict


@pytest.mark.parametrize(
    ("says", "verdict"), [("yes\n", Verdict.GOOD), ("no\n", Verdict.NOTE), ("", None), ("maybe", None)]
)
def test_a_clock_that_nobody_keeps_is_noted(says, verdict):
    found = synchronized(says)
    assert (found.verdict if found else None) is verdict
