"""Origins of pages, good and bad."""

from __future__ import annotations

import pytest

from devserve.live.origin import is_extension, origin_host


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://compose.shop.test", "compose.shop.test"),
        ("https://Compose.SHOP.test:8443", "compose.shop.test"),
        ("http://localhost", "localhost"),
        ("https://xn--bcher-kva.test", "xn--bcher-kva.test"),
        ("https://a_b.test", "a_b.test"),
    ],
)
def test_finds_the_host(origin, host):
    assert origin_host(origin) == host


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://",
        "compose.shop.test",
        "https://127.0.0.1",
        "http://127.0.0.1:3000",
        "https://2130706433",
        "https://0x7f.1",
        "https://127.0.0.0x1",
        "https://[::1]",
        "https://a.test/path",
        "https://a.test?x",
        "https://user@a.test",
        "https://a.test:x",
        "https://a.test, https://b.test",
        "https://a.test ",
        "https://a.test\n",
        "https://.test",
        "https://a..test",
        "file://",
        "chrome-extension://abcdef",
        "wss://a.test",
    ],
)
def test_refuses_what_is_not_the_origin_of_a_named_host(origin):
    assert origin_host(origin) is None


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("chrome-extension://jnihajbhpnppcggbcgedagnkighmdlei", True),
        ("moz-extension://3c4a-9f", True),
        ("safari-web-extension://ABC-1", True),
        ("https://chrome-extension", False),
        ("chrome-extension://a/b", False),
        ("https://a.test/#chrome-extension://a", False),
        ("file://", False),
    ],
)
def test_knows_the_origin_of_an_extension(origin, expected):
    assert is_extension(origin) is expected
