from ipaddress import ip_address

import pytest

from devserve.ca.names import identify, within
from devserve.errors import AuthorityError


@pytest.mark.parametrize(
    ("host", "identity"),
    [
        ("shop.test", "shop.test"),
        ("SHOP.Test", "shop.test"),
        ("shop.test.", "shop.test"),
        ("localhost", "localhost"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("BÜCHER.test", "xn--bcher-kva.test"),
        ("bücher。test", "xn--bcher-kva.test"),
        ("例え.test", "xn--r8jz45g.test"),
        (f"{'a' * 63}.test", f"{'a' * 63}.test"),
        ("127.0.0.1", ip_address("127.0.0.1")),
        ("::1", ip_address("::1")),
        ("[::1]", ip_address("::1")),
    ],
)
def test_a_host_is_identified(host, identity):
    assert identify(host) == identity


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "*.shop.test", "*", "a..test", "-a.test", "a-.test", "a b.test", "a/b.test", "shop.test:443"),
        *("::1%lo", f"{'a' * 64}.test", ".".join(["a" * 50] * 6)),
    ],
)
def test_what_is_no_host_is_refused_with_the_value_and_a_fix(host):
    with pytest.raises(AuthorityError) as caught:
        identify(host)
    assert f'no certificate for "{host}"' in str(caught.value)
    assert ";" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "suffix", "inside"),
    [
        ("shop.test", "shop.test", True),
        ("a.b.shop.test", "shop.test", True),
        ("myshop.test", "shop.test", False),
        ("test", "shop.test", False),
        ("shop.test.evil.com", "shop.test", False),
    ],
)
def test_a_suffix_holds_itself_and_what_is_below(name, suffix, inside):
    assert within(name, suffix) is inside
