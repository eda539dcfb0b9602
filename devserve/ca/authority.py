"""The developer's own certificate authority: created, read back, and asked which names it may sign (RFC 5280)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devserve.ca.advice import is_public_suffix
from devserve.ca.names import dns_name, identify, within
from devserve.ca.root import Root, root_of
from devserve.errors import AuthorityError

LIFE = timedelta(days=5 * 365)  # no client limits a root's life; under two years hurts without renewal
BACKDATED = timedelta(hours=1)  # clocks of virtual machines and containers lag
LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
LONGEST_NAME = 64  # RFC 5280, appendix A.1: ub-common-name, ub-organization-name
# Single labels that are not, and will not be, anyone's top-level domain (RFC 6761, RFC 6762, ICANN's reserved names).
OWN_TOP_LEVEL = frozenset(
    {"localhost", "test", "example", "invalid", "internal", "local", "home", "corp", "mail", "lan"}
)
MEND = "Restore it from a backup; or run `devserve teardown`, delete the file and run `devserve setup`."


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose authority it is, as its name says."""

    organization: str
    user: str
    machine: str


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """A root certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def __repr__(self) -> str:
        return f"<Authority {self.common_name}, for {', '.join(self.suffixes)}, until {self.not_after:%Y-%m-%d}>"

    @property
    def root(self) -> Root:
        """The public half, which trust stores are given."""
        return root_of(self.certificate)

    @property
    def fingerprint(self) -> str:
        """The certificate's SHA-256 in lower-case hex."""
        return self.root.sha256

    @property
    def not_after(self) -> datetime:
        """The last moment of its life."""
        return self.certificate.not_valid_after_utc

    @property
    def common_name(self) -> str:
        """The name that a trust store's list shows."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else ""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The DNS names below which it may sign; empty for a certificate without name constraints."""
        return tuple(tree.value for tree in _permitted(self.certificate) if isinstance(tree, x509.DNSName))


def create(subject: Subject, suffixes: Iterable[str], now: datetime) -> Authority:
    """Return a new authority that can sign only names below `suffixes` and loopback addresses.

    Raises AuthorityError for a suffix that would let it sign other people's names.
    """
    permitted = sorted({_suffix(suffix) for suffix in suffixes})
    if not permitted:  # no DNS subtree at all would leave every DNS name permitted
        raise AuthorityError("a certificate authority needs at least one domain: set project.domain in devserve.toml")
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(subject, key.public_key(), now)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFE)
    )
    for extension, critical in _profile(key.public_key(), permitted):
        builder = builder.add_extension(extension, critical)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def permits(authority: Authority, host: str) -> bool:
    """True when the authority's own constraints let it sign this host. Raises AuthorityError when it is no host."""
    identity = identify(host)
    if isinstance(identity, str):
        return any(within(identity, suffix) for suffix in authority.suffixes)
    networks = [tree.value for tree in _permitted(authority.certificate) if isinstance(tree, x509.IPAddress)]
    return any(
        isinstance(network, IPv4Network | IPv6Network) and identity.version == network.version and identity in network
        for network in networks
    )


def to_pem(authority: Authority) -> bytes:
    """Return private key and certificate as one PEM: one unit, so that a mismatched pair cannot be seen on disk."""
    key = authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + authority.root.pem


def from_pem(pem: bytes, place: str, now: datetime, *, expired: bool = False) -> Authority:
    """Return the authority that a PEM of `to_pem` holds; one whose life is over only if that is wished for.

    Raises AuthorityError, naming `place` and the fix, when it is truncated, a mismatched pair, no authority or expired.
    """
    try:
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise AuthorityError(
            f"{place}: not a private key and a certificate in PEM: cut off or damaged. {MEND}"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{place}: its private key is not an elliptic curve key as devserve makes them. {MEND}")
    if key.public_key() != certificate.public_key():
        raise AuthorityError(f"{place}: its private key and its certificate do not belong together. {MEND}")
    authority = Authority(certificate, key)
    if not _is_authority(certificate) or not authority.suffixes:
        raise AuthorityError(f"{place}: its certificate is not a name-constrained certificate authority. {MEND}")
    if authority.not_after <= now and not expired:
        raise AuthorityError(
            f"{place}: the certificate authority expired on {authority.not_after:%Y-%m-%d}."
            " Run `devserve setup`: it makes the next one and has it trusted."
        )
    return authority


def _suffix(text: str) -> str:
    suffix = dns_name(text.removeprefix("."))
    if suffix in OWN_TOP_LEVEL:
        return suffix
    if "." not in suffix or is_public_suffix(suffix):
        what = "a public suffix" if "." in suffix else "a top-level domain"
        raise AuthorityError(
            f'"{text}" is {what}: an authority for all of it could sign other people\'s names;'
            f' set project.domain in devserve.toml to a name below it, or use "test"'
        )
    return suffix


def _name(subject: Subject, key: ec.EllipticCurvePublicKey, now: datetime) -> x509.Name:
    # Two roots of one name make deletion by name ambiguous (macOS): the date and the key's digest tell them apart.
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    unique = f" {now:%Y-%m-%d} {digest.finalize().hex()[:8]}"
    common_name = _shortened(f"devserve {subject.user}@{subject.machine}", LONGEST_NAME - len(unique)) + unique
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _shortened(subject.organization or "devserve", LONGEST_NAME)),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _shortened(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def _profile(key: ec.EllipticCurvePublicKey, suffixes: list[str]) -> list[tuple[x509.ExtensionType, bool]]:
    # The strictest clients' wishes together: RFC 5280, Python's VERIFY_X509_STRICT, Apple, NSS.
    trees: list[x509.GeneralName] = [x509.DNSName(suffix) for suffix in suffixes]
    # Address space stays open unless a subtree lists it: permitting loopback closes the rest.
    trees += [x509.IPAddress(network) for network in LOOPBACK]
    return [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (key_usage(certificate_sign=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (x509.NameConstraints(permitted_subtrees=trees, excluded_subtrees=None), True),
    ]


def key_usage(*, certificate_sign: bool) -> x509.KeyUsage:
    """Return what a key may do: sign certificates and revocation lists, or else a TLS handshake."""
    return x509.KeyUsage(
        digital_signature=not certificate_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificate_sign,
        crl_sign=certificate_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _permitted(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return []
    return constraints.value.permitted_subtrees or []


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
