import ssl
from datetime import UTC, datetime, timedelta

import pytest

from devserve.ca import leaf
from devserve.ca.authority import Subject, create
from devserve.ca.inspection import inspect
from support.authority import authority

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(
        pem.decode().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----"
    )


def test_a_leaf_of_ours_is_seen_as_clients_weigh_it():
    made = inspect(der(leaf.mint(authority(), "web.test", datetime.now(UTC)).chain_pem), authority().root)
    assert made.names == ("web.test",)
    assert timedelta(days=89) < made.ends - made.begins <= timedelta(days=90)
    assert (made.by_root, made.server_auth, made.signs, made.names_issuer_key, made.is_authority) == (
        True,
        True,
        True,
        True,
        False,
    )


def test_another_authoritys_leaf_is_told_from_ours():
    other = create(Subject("Other", "it", "server"), ["test"], NOW)
    made = inspect(der(leaf.mint(other, "web.test", NOW).chain_pem), authority().root)
    assert (made.by_root, made.names_issuer_key) == (False, False)
    assert "O=Other" in made.issuer


def test_an_authority_itself_is_no_servers_certificate():
    made = inspect(der(authority().root.pem), authority().root)
    assert (made.is_authority, made.signs, made.names) == (True, False, ())


@pytest.mark.parametrize("data", [b"", b"no certificate"])
def test_what_is_no_certificate_is_refused(data):
    with pytest.raises(ValueError, match=r"parsing|ASN"):
        inspect(data, authority().root)
