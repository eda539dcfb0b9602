import pytest

from devserve.proxy.csp import adapt

SCRIPT, SOCKET, SPARE = "https://l.test", "wss://l.test", "c3BhcmU"


@pytest.mark.parametrize(
    ("policy", "adapted", "nonce"),
    [
        ("script-src 'self'", "script-src 'self' https://l.test", ""),
        ("script-src 'none'", "script-src https://l.test", ""),
        ("script-src 'self'; script-src-elem 'self'", "script-src 'self'; script-src-elem 'self' https://l.test", ""),
        ("script-src 'nonce-YWJj' 'self'", "script-src 'nonce-YWJj' 'self'", "YWJj"),
        ("script-src 'nonce-YWJj' 'strict-dynamic'", "script-src 'nonce-YWJj' 'strict-dynamic'", "YWJj"),
        ("script-src 'strict-dynamic' 'sha256-x'", "script-src 'strict-dynamic' 'sha256-x' 'nonce-c3BhcmU'", SPARE),
        ("connect-src 'self'", "connect-src 'self' wss://l.test", ""),
        ("connect-src 'none'", "connect-src wss://l.test", ""),
        (
            "default-src 'self'",
            "default-src 'self'; script-src 'self' https://l.test; connect-src 'self' wss://l.test",
            "",
        ),
        (
            "default-src 'none'; script-src 'self'; connect-src 'self'",
            "default-src 'none'; script-src 'self' https://l.test; connect-src 'self' wss://l.test",
            "",
        ),
        ("img-src 'self'; frame-ancestors 'none'", "img-src 'self'; frame-ancestors 'none'", ""),
        ("SCRIPT-SRC 'self'; script-src *", "script-src 'self' https://l.test", ""),
        ("script-src https://l.test", "script-src https://l.test", ""),
        ("", "", ""),
    ],
)
def test_admits_the_snippet_and_nothing_else(policy, adapted, nonce):
    result = adapt([policy], [SCRIPT], [SOCKET], SPARE)
    assert result.policies == (adapted,)
    assert result.nonce == nonce


def test_several_policies_agree_on_one_nonce():
    result = adapt(["script-src 'self'", "script-src 'nonce-YWJj'", "script-src 'strict-dynamic'"], [SCRIPT], [], SPARE)
    assert result.nonce == "YWJj"
    assert result.policies == (
        "script-src 'self' https://l.test",
        "script-src 'nonce-YWJj'",
        "script-src 'strict-dynamic' 'nonce-YWJj'",
    )
