from pathlib import Path

import pytest

from devserve.ca.provisions import Kind, Outcome, State
from devserve.doctor.findings import Verdict
from devserve.doctor.stores import finding


@pytest.mark.parametrize(
    ("state", "reason", "fix", "verdict", "said"),
    [
        (State.ALREADY, "", "", Verdict.GOOD, "/p holds the CA"),
        (State.MISSING, "", "Run `devserve setup`", Verdict.BROKEN, "/p does not hold the CA"),
        (State.MISSING, "not trusted", "", Verdict.BROKEN, "/p does not hold the CA: not trusted"),
        (State.FAILED, "no certutil", "Run `apt`", Verdict.BROKEN, "/p does not hold the CA: no certutil"),
        (State.ABSENT, "no certutil", "Run `apt`", Verdict.ABSENT, "no certutil"),
    ],
)
def test_a_store_that_lacks_the_ca_is_broken_and_an_absent_one_makes_no_noise(state, reason, fix, verdict, said):
    found = finding(Outcome(Kind.FIREFOX, "Firefox, profile abc", Path("/p"), state, reason, fix))
    assert (found.subject, found.verdict, found.said) == ("Firefox, profile abc", verdict, said)
    assert bool(found.fix) is (verdict is Verdict.BROKEN)
