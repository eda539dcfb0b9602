import pytest
from hypothesis import given
from hypothesis import strategies as st

from devserve.proxy.pages.csp import adapt, forbids_scripts

SCRIPT, SOCKET, SPARE = "https://l.test", "wss://l.test", "c3BhcmU"


@pytest.mark.parametrize(
    ("policy", "adapted", "nonce"),
    [
        ("script-src 'self'", "script-src 'self' https://l.test", ""),
        ("script-src 'none'", "script-src https://l.test", ""),
        ("script-src 'None'", "script-src https://l.test", ""),
        ("script-src", "script-src https://l.test", ""),
        ("script-src 'self'; script-src-elem 'self'", "script-src 'self'; script-src-elem 'self' https://l.test", ""),
        ("script-src 'sha256-x='", "script-src 'sha256-x=' https://l.test", ""),
        ("script-src 'unsafe-inline'", "script-src 'unsafe-inline' https://l.test", ""),
        ("script-src 'nonce-YWJj' 'self'", "script-src 'nonce-YWJj' 'self'", "YWJj"),
        ("script-src 'Nonce-YWJj' 'self'", "script-src 'Nonce-YWJj' 'self'", "YWJj"),
        ("script-src 'nonce-YWJj' 'strict-dynamic'", "script-src 'nonce-YWJj' 'strict-dynamic'", "YWJj"),
        ("script-src 'strict-dynamic' 'sha256-x'", "script-src 'strict-dynamic' 'sha256-x' 'nonce-c3BhcmU'", SPARE),
        ("script-src 'Strict-Dynamic' 'sha256-x'", "script-src 'Strict-Dynamic' 'sha256-x' 'nonce-c3BhcmU'", SPARE),
        ("default-src 'nonce-YWJj'; connect-src *", "default-src 'nonce-YWJj'; connect-src *", "YWJj"),
        (
            "script-src 'nonce-YWJj'; script-src-elem 'self'",
            "script-src 'nonce-YWJj'; script-src-elem 'self' https://l.test",
            "",
        ),
        ("connect-src 'self'", "connect-src 'self' wss://l.test", ""),
        ("connect-src 'none'", "connect-src wss://l.test", ""),
        ("connect-src ws:", "connect-src ws:", ""),
        (
            "default-src 'self'",
            "default-src 'self'; script-src 'self' https://l.test; connect-src 'self' wss://l.test",
            "",
        ),
        (
            "default-src 'self';",
            "default-src 'self'; script-src 'self' https://l.test; connect-src 'self' wss://l.test",
            "",
        ),
        (
            "default-src 'none'; script-src 'self'; connect-src 'self'",
            "default-src 'none'; script-src 'self' https://l.test; connect-src 'self' wss://l.test",
            "",
        ),
        (
            "default-src 'none'; img-src *",
            "default-src 'none'; img-src *; script-src https://l.test; connect-src wss://l.test",
            "",
        ),
        ("img-src 'self'; frame-ancestors 'none'", "img-src 'self'; frame-ancestors 'none'", ""),
        ("SCRIPT-SRC 'self'; script-src *", "SCRIPT-SRC 'self' https://l.test; script-src *", ""),
        ("script-src https://l.test", "script-src https://l.test", ""),
        ("script-src https:; connect-src https: wss:", "script-src https:; connect-src https: wss:", ""),
        (
            "  img-src  'self' ;script-src 'self' ; ",
            "  img-src  'self' ;script-src 'self' https://l.test; ",
            "",
        ),
        (
            "require-trusted-types-for 'script'; trusted-types 'none'",
            "require-trusted-types-for 'script'; trusted-types 'none'",
            "",
        ),
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


def test_a_second_nonce_of_a_policy_is_known_too():
    result = adapt(["script-src 'nonce-QQ'", "script-src 'nonce-Qg' 'nonce-QQ'"], [SCRIPT], [], SPARE)
    assert result.policies == ("script-src 'nonce-QQ'", "script-src 'nonce-Qg' 'nonce-QQ'")


def test_a_nonce_that_the_tag_has_already_is_the_one_that_is_added():
    result = adapt(["script-src 'nonce-QQ' 'strict-dynamic'"], [SCRIPT], [], SPARE, nonce="Qg")
    assert (result.policies, result.nonce) == (("script-src 'nonce-QQ' 'strict-dynamic' 'nonce-Qg'",), "Qg")


def test_without_scripts_to_admit_a_policy_is_asked_about_sockets_only():
    result = adapt(["default-src 'strict-dynamic'"], [], [SOCKET], SPARE)
    assert result.policies == ("default-src 'strict-dynamic'; connect-src 'strict-dynamic' wss://l.test",)
    assert result.nonce == ""


def test_says_what_it_added_in_the_words_of_a_policy():
    result = adapt(["default-src 'self'", "script-src 'none'", "img-src *"], [SCRIPT], [SOCKET], SPARE)
    assert result.changes == ("script-src https://l.test", "connect-src wss://l.test")
    assert adapt(["img-src *"], [SCRIPT], [SOCKET], SPARE).changes == ()


@pytest.mark.parametrize(
    ("policy", "adapted", "nonce"),
    [
        ("script-src 'self'", "script-src 'self' 'sha256-x'", ""),
        ("script-src 'unsafe-inline'", "script-src 'unsafe-inline'", ""),
        ("script-src 'unsafe-inline' 'nonce-QQ'", "script-src 'unsafe-inline' 'nonce-QQ'", "QQ"),
        ("script-src 'strict-dynamic'", "script-src 'strict-dynamic' 'nonce-c3BhcmU'", SPARE),
        ("style-src 'self'; img-src *", "style-src 'self' 'sha256-y'; img-src *", ""),
        ("style-src 'unsafe-inline'", "style-src 'unsafe-inline'", ""),
        ("style-src 'nonce-QQ'", "style-src 'nonce-QQ' 'sha256-y'", ""),
        ("style-src *; style-src-elem 'none'", "style-src *; style-src-elem 'sha256-y'", ""),
        ("default-src 'self'", "default-src 'self'; script-src 'self' 'sha256-x'; style-src 'self' 'sha256-y'", ""),
        ("default-src 'unsafe-inline'", "default-src 'unsafe-inline'", ""),
    ],
)
def test_admits_texts_by_their_hashes_where_nothing_else_does(policy, adapted, nonce):
    result = adapt([policy], ["'sha256-x'"], [], SPARE, styles=["'sha256-y'"])
    assert (result.policies, result.nonce) == ((adapted,), nonce)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("sandbox", True), ("sandbox allow-forms", True), ("Sandbox Allow-Scripts", False), ("img-src *", False)],
)
def test_knows_a_sandbox_in_which_nothing_runs(policy, expected):
    assert forbids_scripts(["", policy]) is expected


NAMES = st.sampled_from(["default-src", "script-src", "script-src-elem", "connect-src", "img-src", "worker-src"])
SOURCES = st.sampled_from(
    ["'self'", "'none'", "'unsafe-inline'", "'nonce-QQ'", "'strict-dynamic'", "'sha256-x'", "https:", "*", "cdn.test"]
)
POLICIES = st.lists(st.tuples(NAMES, st.lists(SOURCES, max_size=3)), max_size=5).map(
    lambda parts: "; ".join(" ".join([name, *sources]) for name, sources in parts)
)


@given(st.lists(POLICIES, max_size=3))
def test_every_source_and_directive_that_was_there_stays_and_only_our_origins_are_new(policies):
    result = adapt(policies, [SCRIPT], [SOCKET], SPARE)
    for before, after in zip(policies, result.policies, strict=True):
        had, has = set(before.replace(";", " ").split()), set(after.replace(";", " ").split())
        assert had - has <= {"'none'"}
        assert has - had <= {SCRIPT, SOCKET, f"'nonce-{result.nonce}'", "script-src", "connect-src"}


@given(st.lists(POLICIES, max_size=3))
def test_an_adapted_policy_needs_nothing_more(policies):
    once = adapt(policies, [SCRIPT], [SOCKET], SPARE)
    again = adapt(once.policies, [SCRIPT], [SOCKET], SPARE, nonce=once.nonce)
    assert (again.policies, again.changes) == (once.policies, ())
