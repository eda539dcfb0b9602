import pytest

from devserve.doctor.findings import Verdict
from devserve.doctor.network_access import finding, merged, version


@pytest.mark.parametrize(
    ("says", "major"),
    [
        ("Chromium 156.0.8078.79 built on Debian", 156),
        ("Google Chrome 141.0.7390.54", 141),
        ("Brave Browser 145.1.83.112", 145),
        ("command not found", 0),
        ("", 0),
    ],
)
def test_the_version_is_read(says, major):
    assert version(says) == major


@pytest.mark.parametrize(
    ("major", "policies", "verdict", "said", "fix"),
    [
        (141, {}, Verdict.GOOD, "does not ask", ""),
        (142, {}, Verdict.NOTE, "embed or load a page", "local-network-access"),
        (145, {}, Verdict.NOTE, "embed or load a page", "loopback-network"),
        (147, {}, Verdict.NOTE, "open a socket", "loopback-network"),
        (156, {"LocalNetworkAccessAllowedForUrls": ["https://mail.example"]}, Verdict.GOOD, "https://mail.example", ""),
        (156, {"LocalNetworkAccessAllowedForUrls": []}, Verdict.NOTE, "asks", "prompt"),
        (156, {"LocalNetworkAccessRestrictionsTemporaryOptOut": True}, Verdict.GOOD, "does not ask", ""),
        (0, {}, Verdict.NOTE, "tells no version", ""),
    ],
)
def test_what_a_public_page_may_do_depends_on_version_and_policies(major, policies, verdict, said, fix):
    found = finding("chromium", major, policies)
    assert found.verdict is verdict
    assert said in found.said
    assert fix in found.fix


def test_policy_files_are_read_together():
    assert merged(['{"a": 1, "b": 2}', "broken", "[]", '{"b": 3}']) == {"a": 1, "b": 3}
