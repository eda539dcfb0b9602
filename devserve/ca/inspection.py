"""The fields of a server's certificate that make clients accept or refuse it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from devserve.ca.root import Root

Extension = TypeVar("Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Inspected:
    """A certificate as a client weighs it."""

    issuer: str
    names: tuple[str, ...]  # of its subjectAltName
    begins: datetime
    ends: datetime
    by_root: bool  # signed by the root it was held against
    server_auth: bool
    signs: bool  # digitalSignature
    names_issuer_key: bool  # its authorityKeyIdentifier is the root's subjectKeyIdentifier
    is_authority: bool


def inspect(der: bytes, root: Root) -> Inspected:
    """Return what a certificate says, held against a root. Raises ValueError when it is no certificate."""
    certificate = x509.load_der_x509_certificate(der)
    issuer = x509.load_pem_x509_certificate(root.pem)
    usage = _extension(certificate, x509.KeyUsage)
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    basic = _extension(certificate, x509.BasicConstraints)
    key = _extension(certificate, x509.AuthorityKeyIdentifier)
    root_key = _extension(issuer, x509.SubjectKeyIdentifier)
    return Inspected(
        issuer=certificate.issuer.rfc4514_string(),
        names=_names(certificate),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        by_root=_is_signed_by(certificate, issuer),
        server_auth=purposes is None or ExtendedKeyUsageOID.SERVER_AUTH in purposes,
        signs=usage is None or usage.digital_signature,
        names_issuer_key=key is not None and root_key is not None and key.key_identifier == root_key.digest,
        is_authority=basic is not None and basic.ca,
    )


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    names = _extension(certificate, x509.SubjectAlternativeName)
    return () if names is None else tuple(str(name.value).lower() for name in names)


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
