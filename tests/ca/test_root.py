import hashlib
import ssl

import pytest

from devserve.ca.root import root_from_pem
from support.authority import authority


def test_the_fingerprint_is_the_sha256_of_the_certificate():
    root = authority().root
    assert root.sha256 == hashlib.sha256(ssl.PEM_cert_to_DER_cert(root.pem.decode())).hexdigest()


def test_windows_name_for_it_is_the_sha1():
    root = authority().root
    assert root.sha1 == hashlib.sha1(ssl.PEM_cert_to_DER_cert(root.pem.decode())).hexdigest()


def test_a_root_is_read_back_from_its_pem():
    assert root_from_pem(authority().root.pem) == authority().root


def test_names_carry_the_fingerprint_and_no_colon():
    root = authority().root
    assert root.short in root.nickname
    assert root.short in root.file_name
    assert ":" not in root.nickname


@pytest.mark.parametrize("pem", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(pem):
    with pytest.raises(ValueError, match=r".+"):
        root_from_pem(pem)
