import pytest

from devserve.proxy.pages.sources import admits, admitted


@pytest.mark.parametrize(
    ("source", "wanted", "expected"),
    [
        ("https://l.test", "https://l.test", True),
        ("https://l.test/", "https://l.test", True),
        ("https://l.test:443", "https://l.test", True),
        ("https://l.test", "https://l.test:8443", False),
        ("https://l.test:*", "https://l.test:8443", True),
        ("https://l.test:8443", "https://l.test:8443", True),
        ("https://l.test/js/", "https://l.test", False),
        ("l.test", "https://l.test", True),
        ("l.test", "wss://l.test", False),
        ("http://l.test", "https://l.test", True),
        ("https://*.test", "https://l.test", True),
        ("https://*.test", "https://test", False),
        ("https://*.l.test", "https://notl.test", False),
        ("*", "https://l.test", True),
        ("*", "wss://l.test", True),
        ("*", "'self'", False),
        ("https:", "https://l.test", True),
        ("http:", "https://l.test", True),
        ("https:", "http://l.test", False),
        ("https:", "wss://l.test", False),
        ("ws:", "wss://l.test", True),
        ("wss:", "wss://l.test:8443", True),
        ("data:", "https://l.test", False),
        ("'self'", "'self'", True),
        ("'self'", "https://l.test", False),
        ("'unsafe-inline'", "https://l.test", False),
        ("'none'", "https://l.test", False),
        ("not a source", "https://l.test", False),
    ],
)
def test_tells_what_an_expression_admits(source, wanted, expected):
    assert admits(source, wanted) is expected


def test_a_list_admits_what_one_of_its_sources_does_whatever_the_case():
    assert admitted(["'self'", "HTTPS://L.test"], "https://l.test")
    assert not admitted([], "https://l.test")


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["'sha256-Ab='"], True),
        (["'sha256-AB='"], False),
        (["'unsafe-inline'", "'self'"], True),
        (["'Unsafe-Inline'"], True),
        (["'unsafe-inline'", "'nonce-QQ'"], False),
        (["'unsafe-inline'", "'sha512-x'"], False),
        (["'unsafe-inline'", "'strict-dynamic'"], False),
        (["*"], False),
        ([], False),
    ],
)
def test_a_text_is_admitted_by_its_hash_or_where_every_text_is(sources, expected):
    assert admitted(sources, "'sha256-Ab='") is expected
