import pytest

from devserve.ca.advice import is_public_suffix, warnings


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("shop.test", []),
        ("localhost", []),
        ("fleet.localhost", []),
        ("dev.example.com", []),
        ("a.b.internal", []),
        ("shop.local", ["multicast DNS"]),
        ("example.com", ["a whole domain of the internet"]),
        ("xn--bcher-kva.com", ["a whole domain of the internet"]),
        ("me.github.io", ["a whole domain of the internet"]),
        ("shop.dev", ["HSTS preload", "a whole domain of the internet"]),
        ("web.shop.app", ["HSTS preload"]),
    ],
)
def test_a_domain_gets_the_warnings_that_it_needs(domain, said):
    found = warnings([domain])
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))
    assert all(sentence.startswith(f"{domain}: ") and ".test" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("domain", "public"),
    [
        ("com", True),
        ("co.uk", True),
        ("github.io", True),
        ("example.com", False),
        ("test", False),
        ("shop.test", False),
        ("localhost", False),
    ],
)
def test_a_public_suffix_is_known_by_the_librarys_list(domain, public):
    assert is_public_suffix(domain) is public
