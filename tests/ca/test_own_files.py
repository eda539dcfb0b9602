from pathlib import Path

from devserve.ca.own_files import provision
from support.authority import authority

ROOT = authority().root


def test_all_that_is_the_authoritys_is_removed_and_nothing_needs_root():
    found = provision(Path("/s/private/ca.pem"), ROOT)
    assert [step.describe() for step in found.remove] == [
        "rm -f -- /s/private/ca.pem",
        "rm -f -- /s/private/next.pem",
        "rm -f -- /s/public/ca.pem",
        "rm -f -- /s/public/bundle.pem",
    ]
    assert not any(step.needs_root for step in (*found.look_up, *found.remove))


def test_files_of_another_authority_are_not_this_ones():
    found = provision(Path("/s/private/ca.pem"), ROOT)
    assert found.is_shown_by(ROOT.pem.decode())
    assert not found.is_shown_by("-----BEGIN CERTIFICATE-----\nanother's\n-----END CERTIFICATE-----\n")
