"""A server's certificate: one host, its own key, valid for weeks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devserve.ca.authority import BACKDATED, LONGEST_NAME, Authority, key_usage, permits
from devserve.ca.names import Identity, identify
from devserve.errors import AuthorityError

# Ninety days, the back-dated hour and both end points included (RFC 5280, section 4.1.2.5).
LIFE = timedelta(days=90) - timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A host's certificate with its issuer, and the key. After `renew_after` a handshake should mint another."""

    host: str
    chain_pem: bytes = field(repr=False)
    key_pem: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    renew_after: datetime


def mint(authority: Authority, host: str, now: datetime) -> Leaf:
    """Return a new leaf for exactly this host. Raises AuthorityError when the authority may not sign it."""
    identity = identify(host)
    _refuse(authority, host, now)
    key = ec.generate_private_key(ec.SECP256R1())
    not_before = now - BACKDATED
    not_after = min(not_before + LIFE, authority.not_after)
    certificate = _signed(authority, identity, key, not_before, not_after)
    return Leaf(
        host=str(identity),
        chain_pem=certificate.public_bytes(Encoding.PEM) + authority.root.pem,
        key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        renew_after=not_before + (not_after - not_before) * 2 / 3,
    )


def _refuse(authority: Authority, host: str, now: datetime) -> None:
    if not permits(authority, host):
        raise AuthorityError(
            f'no certificate for "{host}": the certificate authority may only sign names below'
            f" {', '.join(authority.suffixes)}, and loopback addresses. Run `devserve setup` to add its domain."
        )
    if authority.not_after <= now:
        raise AuthorityError(
            f'no certificate for "{host}": the certificate authority expired on {authority.not_after:%Y-%m-%d}.'
            " Run `devserve setup`."
        )


def _signed(
    authority: Authority,
    identity: Identity,
    key: ec.EllipticCurvePrivateKey,
    not_before: datetime,
    not_after: datetime,
) -> x509.Certificate:
    subject = _subject(identity)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    name = x509.DNSName(identity) if isinstance(identity, str) else x509.IPAddress(identity)
    issuer = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (key_usage(certificate_sign=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName([name]), not subject.rdns),  # RFC 5280, section 4.2.1.6
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        # The issuer's identifier as it stands: strict verifiers compare the bytes.
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), False),
    ]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(authority.key, hashes.SHA256())


def _subject(identity: Identity) -> x509.Name:
    # OpenSSL holds a common name against the DNS constraints when there is no DNS name beside it: none for addresses.
    if not isinstance(identity, str) or len(identity) > LONGEST_NAME:
        return x509.Name([])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity)])
