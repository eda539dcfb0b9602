import subprocess
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from devserve.ca.authority import Subject, create
from devserve.ca.leaf import mint
from devserve.errors import AuthorityError
from support.certificates import NOW, need, openssl_says, python_says, rogue

MADE = create(Subject("Shop Ltd", "ann", "laptop"), ["shop.test", "localhost"], NOW)
HOSTS = ["shop.test", "a.b.shop.test", "bücher.shop.test", f"{'x' * 63}.localhost", "127.0.0.1", "::1"]
OUTSIDE = ["example.com", "myshop.test", "8.8.8.8", "::2"]


def certificate_of(leaf) -> x509.Certificate:
    return x509.load_pem_x509_certificate(leaf.chain_pem)


@pytest.mark.parametrize("host", HOSTS)
def test_openssl_accepts_it_strictly(host, tmp_path):
    assert openssl_says(MADE, mint(MADE, host, NOW), tmp_path) == "OK"


@pytest.mark.parametrize("host", HOSTS)
def test_python_accepts_it_strictly_in_a_handshake(host, tmp_path):
    assert python_says(MADE, mint(MADE, host, NOW), tmp_path) == "OK"


@pytest.mark.parametrize("host", OUTSIDE)
def test_openssl_refuses_the_same_key_outside_the_constraints(host, tmp_path):
    assert "permitted subtree violation" in openssl_says(MADE, rogue(MADE, host), tmp_path)


@pytest.mark.parametrize("host", OUTSIDE)
def test_python_refuses_the_same_key_outside_the_constraints(host, tmp_path):
    assert "permitted subtree violation" in python_says(MADE, rogue(MADE, host), tmp_path)


@pytest.mark.parametrize(("host", "verdict"), [("inside.shop.test", "OK"), ("127.0.0.1", "OK")])
def test_the_rogue_is_refused_for_its_name_alone(host, verdict, tmp_path):
    assert openssl_says(MADE, rogue(MADE, host), tmp_path) == verdict
    assert python_says(MADE, rogue(MADE, host), tmp_path) == verdict


@pytest.mark.parametrize("made", [mint(MADE, "a.shop.test", NOW), rogue(MADE, "a.shop.test")])
def test_cryptography_accepts_it(made):
    verifier = PolicyBuilder().store(Store([MADE.certificate])).time(NOW).build_server_verifier(x509.DNSName(made.host))
    assert verifier.verify(certificate_of(made), [])


def test_cryptography_refuses_the_same_key_outside_the_constraints():
    policy = PolicyBuilder().store(Store([MADE.certificate])).time(NOW)
    with pytest.raises(VerificationError, match=r"(?i)constraint|permitted"):
        policy.build_server_verifier(x509.DNSName("example.com")).verify(certificate_of(rogue(MADE, "example.com")), [])


@pytest.fixture(scope="module")
def nss(tmp_path_factory):
    """certutil on a database that trusts the authority."""
    certutil, folder = need("certutil", "libnss3-tools"), tmp_path_factory.mktemp("nss")

    def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [certutil, "-d", f"sql:{folder}", *arguments, "-f", "/dev/null"]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=30, check=False)

    assert run("-N", "--empty-password").returncode == 0
    assert run("-A", "-t", "C,,", "-n", "ca", "-a", stdin=MADE.root.pem).returncode == 0
    return run


@pytest.mark.parametrize(
    ("leaf", "valid"),
    [
        (mint(MADE, "nss.shop.test", NOW), True),
        (rogue(MADE, "inside.shop.test"), True),
        (rogue(MADE, "example.com"), False),
        (rogue(MADE, "8.8.8.8"), False),
    ],
    ids=["ours", "the rogue inside", "another's name", "another's address"],
)
def test_the_verifier_of_chromium_and_firefox_agrees(nss, leaf, valid):
    nss("-A", "-t", ",,", "-n", leaf.host, "-a", stdin=leaf.chain_pem)
    assert (nss("-V", "-u", "V", "-n", leaf.host).returncode == 0) is valid


@pytest.mark.parametrize(
    ("host", "names", "critical"),
    [
        ("A.Shop.Test.", [x509.DNSName("a.shop.test")], False),
        ("bücher.shop.test", [x509.DNSName("xn--bcher-kva.shop.test")], False),
        (f"{'x' * 63}.localhost", [x509.DNSName(f"{'x' * 63}.localhost")], True),
    ],
)
def test_it_names_exactly_one_host(host, names, critical):
    extension = certificate_of(mint(MADE, host, NOW)).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert list(extension.value) == names
    assert extension.critical is critical  # as RFC 5280 wants where there is no subject


def test_it_may_serve_tls_and_nothing_else():
    extensions = certificate_of(mint(MADE, "shop.test", NOW)).extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.key_cert_sign, usage.value.crl_sign) == (True, False, False)
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_its_issuer_is_identified_by_the_issuers_own_bytes():
    extensions = certificate_of(mint(MADE, "shop.test", NOW)).extensions
    issuer = MADE.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == issuer
    assert extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest != issuer


def test_each_leaf_has_a_key_and_a_serial_of_its_own():
    first, second = mint(MADE, "shop.test", NOW), mint(MADE, "shop.test", NOW)
    assert first.key_pem != second.key_pem
    assert certificate_of(first).serial_number != certificate_of(second).serial_number


def test_the_chain_is_the_leaf_and_its_issuer_and_the_repr_shows_no_key():
    leaf = mint(MADE, "shop.test", NOW)
    assert [each.subject for each in x509.load_pem_x509_certificates(leaf.chain_pem)][1] == MADE.certificate.subject
    assert "PRIVATE" not in repr(leaf)


def test_it_lives_ninety_days_with_the_hour_before_now():
    leaf = mint(MADE, "shop.test", NOW)
    assert certificate_of(leaf).not_valid_before_utc == NOW - timedelta(hours=1)
    assert leaf.not_before == NOW - timedelta(hours=1)
    assert leaf.not_after == NOW - timedelta(hours=1) + timedelta(days=90, seconds=-1)  # both ends belong to it
    assert abs(leaf.renew_after - (leaf.not_before + timedelta(days=60))) < timedelta(seconds=1)


def test_it_does_not_outlive_its_authority():
    late = MADE.not_after - timedelta(days=1)
    leaf = mint(MADE, "shop.test", late)
    assert leaf.not_after == MADE.not_after
    assert late < leaf.renew_after < leaf.not_after


@pytest.mark.parametrize("host", OUTSIDE)
def test_a_host_outside_the_constraints_is_refused_with_the_fix(host):
    with pytest.raises(AuthorityError) as caught:
        mint(MADE, host, NOW)
    assert all(part in str(caught.value) for part in (f'"{host}"', "shop.test", "localhost", "`devserve setup`"))


@pytest.mark.parametrize("host", ["*.shop.test", "*", "shop.*", ""])
def test_a_wildcard_is_refused(host):
    with pytest.raises(AuthorityError, match="no certificate for"):
        mint(MADE, host, NOW)


def test_an_expired_authority_signs_nothing():
    with pytest.raises(AuthorityError, match="expired on"):
        mint(MADE, "shop.test", MADE.not_after)
