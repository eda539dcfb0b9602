"""The public half of a certificate authority: what trust stores are given and are searched for."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

SHOWN = 16  # hex digits of the fingerprint that tell our roots apart in a list


@dataclass(frozen=True, slots=True)
class Root:
    """A root certificate: its PEM, and its fingerprints in lower-case hex."""

    pem: bytes
    sha256: str
    sha1: str  # how Windows names a certificate; nothing is secured by it

    @property
    def short(self) -> str:
        """The fingerprint's beginning: a name that says which root this is."""
        return self.sha256[:SHOWN]

    @property
    def nickname(self) -> str:
        """The name in an NSS database: no colon, which NSS reads as the end of a token's name."""
        return f"devserve {self.short}"

    @property
    def file_name(self) -> str:
        """The name, without its ending, of a file that holds this root in a shared folder."""
        return f"devserve-{self.short}"


def root_of(certificate: x509.Certificate) -> Root:
    """Return the public half of a certificate."""
    return Root(
        certificate.public_bytes(Encoding.PEM),
        certificate.fingerprint(hashes.SHA256()).hex(),
        certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303  # Windows' own name for it
    )


def root_from_pem(pem: bytes) -> Root:
    """Return the root that a PEM holds. Raises ValueError when it holds none."""
    return root_of(x509.load_pem_x509_certificate(pem))
