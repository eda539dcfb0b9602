from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devserve.ca.authority import LIFE, Authority, Subject, create, from_pem, permits, to_pem
from devserve.errors import AuthorityError
from support.certificates import NOW

SOMEBODY = Subject("Shop Ltd", "ann", "laptop")
MADE = create(SOMEBODY, ["shop.test", "localhost"], NOW)


def extension(kind):
    return MADE.certificate.extensions.get_extension_for_class(kind)


@pytest.mark.parametrize(
    ("kind", "critical"),
    [
        (x509.BasicConstraints, True),
        (x509.KeyUsage, True),
        (x509.NameConstraints, True),
        (x509.ExtendedKeyUsage, False),
        (x509.SubjectKeyIdentifier, False),
    ],
)
def test_the_root_has_the_extensions_that_every_client_accepts(kind, critical):
    assert extension(kind).critical is critical
    assert len(MADE.certificate.extensions) == 5


def test_it_signs_leaves_and_nothing_else():
    assert extension(x509.BasicConstraints).value == x509.BasicConstraints(ca=True, path_length=0)
    usage = extension(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)
    assert list(extension(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_names_and_addresses_are_closed_but_for_the_suffixes_and_loopback():
    constraints = extension(x509.NameConstraints).value
    assert constraints.excluded_subtrees is None
    assert set(constraints.permitted_subtrees) == {
        x509.DNSName("shop.test"),
        x509.DNSName("localhost"),
        x509.IPAddress(ip_network("127.0.0.0/8")),
        x509.IPAddress(ip_network("::1/128")),
    }


def test_the_key_is_p256_and_the_signature_sha256():
    assert isinstance(MADE.key.curve, ec.SECP256R1)
    assert isinstance(MADE.certificate.signature_hash_algorithm, hashes.SHA256)


def test_its_life_begins_an_hour_ago():
    assert MADE.certificate.not_valid_before_utc == NOW - timedelta(hours=1)
    assert MADE.not_after == NOW + LIFE


def test_two_of_one_moment_differ_in_name_and_serial():
    other = create(SOMEBODY, ["shop.test"], NOW)
    assert other.common_name != MADE.common_name
    assert other.certificate.serial_number != MADE.certificate.serial_number
    assert other.fingerprint != MADE.fingerprint


def test_its_name_says_whose_and_since_when():
    assert MADE.common_name.startswith(f"devserve ann@laptop {NOW:%Y-%m-%d} ")
    organization = MADE.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0]
    assert organization.value == "Shop Ltd"


@pytest.mark.parametrize("organization", ["", "x" * 100, "Ö" * 60])
def test_long_names_stay_within_the_standard_and_unique(organization):
    made = create(Subject(organization, "ü" * 80, "m" * 80), ["shop.test"], NOW)
    assert len(made.common_name.encode()) <= 64
    assert f"{NOW:%Y-%m-%d}" in made.common_name


@pytest.mark.parametrize("suffix", [".shop.test", "SHOP.test", "shop.test."])
def test_a_suffix_is_written_without_dots_around_and_in_lower_case(suffix):
    assert create(SOMEBODY, [suffix], NOW).suffixes == ("shop.test",)


@pytest.mark.parametrize("suffix", ["com", "dev", "co.uk", "github.io", "*.shop.test", "", ".", "127.0.0.1", "a b"])
def test_a_suffix_that_reaches_too_far_is_refused(suffix):
    with pytest.raises(AuthorityError, match=r"devserve\.toml|it needs"):
        create(SOMEBODY, [suffix], NOW)


def test_no_suffix_at_all_would_permit_every_name_and_is_refused():
    with pytest.raises(AuthorityError, match=r"project\.domain"):
        create(SOMEBODY, [], NOW)


@pytest.mark.parametrize(
    ("host", "permitted"),
    [
        ("shop.test", True),
        ("a.b.shop.test", True),
        ("A.SHOP.TEST.", True),
        ("bücher.shop.test", True),
        ("devserve.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("[::1]", True),
        ("myshop.test", False),
        ("other.test", False),
        ("shop.test.evil.com", False),
        ("example.com", False),
        ("8.8.8.8", False),
        ("0.0.0.0", False),
        ("::2", False),
        ("::ffff:127.0.0.1", False),
    ],
)
def test_it_permits_what_its_constraints_permit(host, permitted):
    assert permits(MADE, host) is permitted


def test_the_pem_holds_both_halves_and_gives_both_back():
    read = from_pem(to_pem(MADE), "ca.pem", NOW)
    assert to_pem(read) == to_pem(MADE)
    assert read.fingerprint == MADE.fingerprint


def test_an_expired_one_is_given_back_by_wish():
    pem = to_pem(create(SOMEBODY, ["a.test"], NOW - LIFE))
    assert from_pem(pem, "ca.pem", NOW, expired=True).not_after == NOW


def test_neither_repr_nor_root_shows_the_key():
    assert "PRIVATE" not in repr(MADE)
    assert b"PRIVATE" not in MADE.root.pem
    assert repr(MADE).startswith("<Authority devserve ann@laptop")


def key_pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def without_constraints() -> bytes:
    builder = x509.CertificateBuilder(
        issuer_name=MADE.certificate.issuer,
        subject_name=MADE.certificate.subject,
        public_key=MADE.key.public_key(),
        serial_number=1,
        not_valid_before=NOW,
        not_valid_after=NOW + LIFE,
    ).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    return to_pem(replace(MADE, certificate=builder.sign(MADE.key, hashes.SHA256())))


def self_signed() -> bytes:
    builder = x509.CertificateBuilder(
        issuer_name=MADE.certificate.issuer,
        subject_name=MADE.certificate.subject,
        public_key=MADE.key.public_key(),
        serial_number=1,
        not_valid_before=NOW,
        not_valid_after=NOW + LIFE,
    )
    return to_pem(Authority(builder.sign(MADE.key, hashes.SHA256()), MADE.key))


BROKEN = {
    "empty": (b"", "cut off or damaged"),
    "garbage": (b"garbage\n", "cut off or damaged"),
    "cut in the key": (to_pem(MADE)[:100], "cut off or damaged"),
    "cut in the certificate": (to_pem(MADE)[:-100], "cut off or damaged"),
    "the certificate alone": (MADE.root.pem, "cut off or damaged"),
    "the key alone": (key_pem(MADE.key), "cut off or damaged"),
    "another's key": (key_pem(create(SOMEBODY, ["a.test"], NOW).key) + MADE.root.pem, "do not belong together"),
    "a key of another kind": (
        key_pem(rsa.generate_private_key(65537, 2048)) + MADE.root.pem,
        "not an elliptic curve key",
    ),
    "a root without constraints": (without_constraints(), "not a name-constrained"),
    "a certificate that is no authority": (self_signed(), "not a name-constrained"),
    "expired": (to_pem(create(SOMEBODY, ["a.test"], NOW - LIFE)), "expired on"),
}


@pytest.mark.parametrize(("pem", "complaint"), BROKEN.values(), ids=BROKEN)
def test_a_broken_pem_is_refused_with_place_reason_and_fix(pem, complaint):
    with pytest.raises(AuthorityError, match=complaint) as caught:
        from_pem(pem, "/state/ca.pem", NOW)
    assert str(caught.value).startswith("/state/ca.pem: ")
    assert "`devserve setup`" in str(caught.value)


@pytest.mark.parametrize("cut", range(0, len(to_pem(MADE)) - 1, 16))
def test_no_cut_of_the_file_is_taken_for_whole(cut):
    with pytest.raises(AuthorityError):
        from_pem(to_pem(MADE)[:cut], "ca.pem", NOW)
