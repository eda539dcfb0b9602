import pytest

from devserve.http1 import Headers
from devserve.proxy.pages.markup import Kind, Token
from devserve.proxy.pages.policies import Policies, policy_note, scripts_of, styles_of
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
    ("content", "is_to_come", "written", "nonce"),
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
def test_a_meta_policy_governs_what_follows_it(content, is_to_come, written, nonce):
    found = policies()
    text = found.adapt_meta(meta(content), [TAG] if is_to_come else [])
    expected = meta(content).text if written is None else meta(written.replace("'", "&#x27;")).text
    assert text == expected
    assert found.nonce == nonce


@pytest.mark.parametrize("kind", ["refresh", "Content-Security-Policy-Report-Only"])
def test_other_meta_elements_are_left_alone(kind):
    token = meta("script-src 'self'", kind)
    assert policies().adapt_meta(token, [TAG]) == token.text


# python3 -c 'import base64, hashlib, sys; print(base64.b64encode(hashlib.sha256(sys.argv[1].encode()).digest()))' TEXT
HASH = {
    "a('\\u00e9')": "'sha256-8CgrXgTKeh0/qzXi5TlQb/cz7W67b4fsHWaXbzp20dg='",
    "b{}": "'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans='",
}


@pytest.mark.parametrize(
    ("tag", "scripts", "styles"),
    [
        (Tag("script", {"src": "https://l.test:8443/x.js"}), ["https://l.test:8443"], []),
        (Tag("script", {"src": "/x.js"}), ["'self'"], []),
        (Tag("script", text="a('é')"), [HASH["a('\\u00e9')"]], []),
        (Tag("link", {"rel": "Stylesheet", "href": "https://l.test/x.css"}), [], ["https://l.test"]),
        (Tag("link", {"rel": "icon", "href": "/x.ico"}), [], []),
        (Tag("link", {"rel": "stylesheet"}), [], []),
        (Tag("style", text="b{}"), [], [HASH["b{}"]]),
        (Tag("meta", {"name": "x"}), [], []),
    ],
)
def test_what_has_to_be_admitted_for_a_tag(tag, scripts, styles):
    assert (scripts_of([tag, tag]), styles_of([tag, tag])) == (scripts, styles)


def test_stylesheets_are_admitted_as_scripts_are():
    headers = Headers([(FIELD, b"default-src 'self'")])
    found = Policies([Tag("style", text="b{}")], [], "spare")
    found.adapt_fields(headers)
    assert headers.all(b"content-security-policy") == [f"default-src 'self'; style-src 'self' {HASH['b{}']}".encode()]


def test_the_note_has_the_words_that_production_would_need():
    note = policy_note("web", ["script-src https://l.test", "connect-src wss://l.test"])
    assert note.startswith("web: ")
    assert "script-src https://l.test; connect-src wss://l.test" in note
