import pytest

from devserve.http1 import Headers
from devserve.proxy.pages.markup import Kind, Token
from devserve.proxy.pages.policies import Policies, policy_note, script_origin
from devserve.proxy.pages.tags import Tag

TAG = Tag("script", {"src": "https://l.test/livereload.js?port=443"})
FIELD = b"Content-Security-Policy"


def policies() -> Policies:
    return Policies([TAG], ["wss://l.test"], "spare")


def meta(content: str, kind: str = "Content-Security-Policy") -> Token:
    return Token(Kind.START, f'<meta http-equiv="{kind}" content="{content}" data-x>', "meta")


def test_each_line_stays_a_line_of_its_own():
    headers = Headers([(FIELD, b"script-src 'self', img-src *"), (b"A", b"b"), (FIELD.lower(), b"connect-src 'self'")])
    found = policies()
    found.adapt_fields(headers)
    assert headers.all(b"content-security-policy") == [
        b"script-src 'self' https://l.test, img-src *", b"connect-src 'self' wss://l.test"
    ]  # fmt: skip
    assert found.changes == ("script-src https://l.test", "connect-src wss://l.test")


def test_fields_that_admit_everything_are_not_touched():
    pairs = [(FIELD.lower(), b"img-src *"), (b"A", b"b")]
    headers = Headers(pairs)
    policies().adapt_fields(headers)
    assert list(headers) == pairs


@pytest.mark.parametrize(
    ("content", "before_snippet", "written", "nonce"),
    [
        ("script-src 'self'; connect-src 'self'", False, "script-src 'self'; connect-src 'self' wss://l.test", ""),
        ("script-src 'self'", True, "script-src 'self' https://l.test", ""),
        ("script-src 'nonce-YWJj'; img-src *", True, None, "YWJj"),
        ("script-src 'nonce-YWJj'; img-src *", False, None, ""),
        ("img-src &quot;x&quot;", False, None, ""),
        (
            "default-src 'self' &quot;",
            False,
            "default-src 'self' &quot;; connect-src 'self' &quot; wss://l.test",
            "",
        ),
    ],
)
def test_a_meta_policy_governs_what_follows_it(content, before_snippet, written, nonce):
    found = policies()
    text = found.adapt_meta(meta(content), before_snippet=before_snippet)
    expected = meta(content).text if written is None else meta(written.replace("'", "&#x27;")).text
    assert text == expected
    assert found.nonce == nonce


@pytest.mark.parametrize("kind", ["refresh", "Content-Security-Policy-Report-Only"])
def test_other_meta_elements_are_left_alone(kind):
    token = meta("script-src 'self'", kind)
    assert policies().adapt_meta(token, before_snippet=True) == token.text


@pytest.mark.parametrize(
    ("source", "origin"), [("https://l.test:8443/x.js", "https://l.test:8443"), ("/x.js", "'self'")]
)
def test_a_script_is_admitted_by_its_origin(source, origin):
    assert script_origin(Tag("script", {"src": source})) == origin


def test_the_note_has_the_words_that_production_would_need():
    note = policy_note("web", ["script-src https://l.test", "connect-src wss://l.test"])
    assert note.startswith("web: ")
    assert "script-src https://l.test; connect-src wss://l.test" in note
