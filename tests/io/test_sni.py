import ssl
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from devserve.ca import leaf
from devserve.errors import AuthorityError
from devserve.io.sni import Certificates, NamedSSLObject
from support.authority import authority, trusting


def shown(certificates: Certificates, name: str | None) -> tuple[dict, str]:
    """Shake hands through memory; return the certificate that the client saw and the name that the server noted."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_context = trusting()
    client_context.check_hostname = name is not None
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = certificates.context.wrap_bio(to_server, to_client, server_side=True)
    assert isinstance(server, NamedSSLObject)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                if side is client:
                    raise
    return client.getpeercert(), server.server_name


@pytest.fixture
def certificates() -> Certificates:
    made = Certificates(partial(leaf.mint, authority()))
    made.add(["web.test", "api.test"])
    return made


@pytest.mark.parametrize("name", ["web.test", "api.test", "WEB.test"])
def test_each_name_has_its_own_leaf(certificates, name):
    certificate, noted = shown(certificates, name)
    assert certificate["subjectAltName"] == (("DNS", name.lower()),)
    assert noted == name.lower()


@pytest.mark.parametrize("name", ["other.test", "sub.web.test", None])
def test_an_unknown_name_gets_the_alert_that_says_so(certificates, name):
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        shown(certificates, name)


def test_a_removed_name_is_unknown_again(certificates):
    certificates.remove(["web.test"])
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        shown(certificates, "web.test")


def test_a_name_outside_the_authority_is_refused_when_it_is_added(certificates):
    with pytest.raises(AuthorityError, match=r"shop\.example"):
        certificates.add(["shop.example"])


def test_a_leaf_is_renewed_at_a_handshake_by_the_wall_clock():
    times = [datetime.now(UTC) - timedelta(days=61)]
    certificates = Certificates(partial(leaf.mint, authority()), lambda: times[-1])
    certificates.add(["web.test"])
    old, _ = shown(certificates, "web.test")
    times.append(datetime.now(UTC))
    new, _ = shown(certificates, "web.test")
    assert ssl.cert_time_to_seconds(new["notAfter"]) > ssl.cert_time_to_seconds(old["notAfter"])
