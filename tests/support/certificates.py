"""Certificates that devserve would never make, and other people's verifiers to hold them, and ours, against."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from devserve.ca.authority import Authority, key_usage
from devserve.ca.leaf import Leaf

NOW = datetime.now(UTC).replace(microsecond=0)


def rogue(authority: Authority, host: str) -> Leaf:
    """Return a leaf that a thief of the key would sign: faultless but for its name."""
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        name: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        name = x509.DNSName(host)
    issuer = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([name]), True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(key_usage(certificate_sign=False), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), False)
        .sign(authority.key, hashes.SHA256())
    )
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    end = certificate.not_valid_after_utc
    return Leaf(host, certificate.public_bytes(Encoding.PEM) + authority.root.pem, key_pem, NOW, end, end)


def need(command: str, package: str, *, needed: bool = True) -> str:
    """Return the path of another program; without it the test is skipped, on CI it fails if the program is needed."""
    path = shutil.which(command)
    if path is None:
        reason = f"no {command} here; on Debian: apt install {package}"
        (pytest.fail if needed and os.environ.get("CI") else pytest.skip)(reason)
        raise AssertionError
    return path


def openssl_says(authority: Authority, leaf: Leaf, folder: Path) -> str:
    """Return openssl's verdict, OK or its complaint."""
    (folder / "ca.pem").write_bytes(authority.root.pem)
    (folder / "leaf.pem").write_bytes(leaf.chain_pem)
    command = [need("openssl", "openssl"), "verify", "-x509_strict", "-purpose", "sslserver"]
    kind = ["-verify_ip"] if is_address(leaf.host) else ["-verify_hostname"]
    command = [*command, *kind, leaf.host, "-CAfile", "ca.pem", "leaf.pem"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    return "OK" if done.returncode == 0 else done.stderr


def python_says(authority: Authority, leaf: Leaf, folder: Path) -> str:
    """Return what a strict client of Python's ssl module says after a handshake through memory."""
    file = folder / "served.pem"
    file.write_bytes(leaf.key_pem + leaf.chain_pem)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(file)
    client_context = ssl.create_default_context(cadata=authority.root.pem.decode())
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=leaf.host)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    try:
        for side in (client, server, client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return "OK" if client.getpeercert() else "no handshake"


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
