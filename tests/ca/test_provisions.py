from pathlib import Path

import pytest

from devserve.ca.provisions import Kind, Provision, State, outcome

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n"
PROVISION = Provision(Kind.CHROMIUM, "Chromium", Path("/h/nssdb"), "ab", evidence=PEM)


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (PEM, True),
        (PEM.replace("\n", "\r\n"), True),
        (f"# others\n{PEM.replace('AAAA', 'CCCC')}{PEM}", True),
        (PEM.replace("AAAA\nBBBB", "AAAABBBB"), True),
        (PEM.replace("BBBB", "BBBC"), False),
        (PEM[:-10], False),
        ("", False),
    ],
)
def test_evidence_is_found_however_its_lines_are_broken(output, shown):
    assert PROVISION.is_shown_by(output) is shown


@pytest.mark.parametrize("state", State)
def test_only_failures_and_what_is_missing_are_not_ok(state):
    assert outcome(PROVISION, state).ok is (state not in {State.FAILED, State.MISSING})


def test_an_outcome_is_a_sentence_with_place_reason_and_fix():
    failed = outcome(PROVISION, State.FAILED, "certutil is not installed", "Run `apt install it`")
    assert str(failed) == "Chromium (/h/nssdb): failed. certutil is not installed. Run `apt install it`"
    assert str(outcome(PROVISION, State.DONE)) == "Chromium (/h/nssdb): done"
