import ssl
from datetime import UTC, datetime
from pathlib import Path

import certifi
import pytest

from devserve.ca.authority import Subject, create
from devserve.errors import AuthorityError
from devserve.io.ca import bundle
from support.authority import authority

ROOTS = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
ONE_ROOT = (ROOTS[0] + ROOTS[1]).encode()


@pytest.fixture
def roots(tmp_path, monkeypatch) -> Path:
    file = tmp_path / "roots.pem"
    file.write_bytes(ONE_ROOT)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


def test_it_holds_the_public_roots_and_ours(home, roots):
    assert bundle.refresh(home, authority()) == bundle.bundle_file(home)
    content = bundle.bundle_file(home).read_bytes()
    assert content.startswith(ONE_ROOT)
    assert content.endswith(authority().root.pem)
    assert bundle.bundle_file(home).stat().st_mode & 0o777 == 0o644


def test_a_client_loads_every_certificate_of_it(home, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle.refresh(home, authority()))
    assert context.cert_store_stats()["x509_ca"] > 50


def test_nothing_is_written_while_nothing_changed(home, roots):
    before = bundle.refresh(home, authority()).stat()
    assert bundle.refresh(home, authority()).stat() == before


def test_it_follows_the_roots_and_the_ca(home, roots):
    bundle.refresh(home, authority())
    roots.write_bytes(ONE_ROOT * 2)
    other = create(Subject("", "ann", "laptop"), ["a.test"], datetime.now(UTC))
    content = bundle.refresh(home, other).read_bytes()
    assert content.count(ONE_ROOT.strip()) == 2
    assert other.root.pem in content
    assert authority().root.pem not in content


def test_under_its_own_variables_it_does_not_grow(home, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    first = bundle.refresh(home, authority()).read_bytes()
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle.bundle_file(home)))
    assert bundle.refresh(home, authority()).read_bytes() == first


def test_roots_that_are_not_there_leave_the_systems(home, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent.pem")
    assert bundle.refresh(home, authority()).read_bytes().count(b"BEGIN CERTIFICATE") > 50


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that exists and cannot be read")
def test_roots_that_cannot_be_read_are_not_taken_for_none(home, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/proc/self/mem")
    with pytest.raises(AuthorityError, match=r"/proc/self/mem: the public roots cannot be read.*SSL_CERT_FILE"):
        bundle.refresh(home, authority())
    assert not bundle.bundle_file(home).exists()
