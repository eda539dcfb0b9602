"""The public roots and our CA in one file, for the variables that replace a runtime's roots."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi

from devserve.ca.authority import Authority
from devserve.ca.own_files import BUNDLE
from devserve.errors import AuthorityError
from devserve.io import state
from devserve.io.ca.authority import LOCK

# Where systems keep their roots in one file: OpenSSL's own default may be a folder only (Debian's is).
SYSTEM_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
    Path("/etc/ssl/cert.pem"),
)


def bundle_file(home: Path) -> Path:
    """Return the bundle's place."""
    return home / BUNDLE


def refresh(home: Path, authority: Authority) -> Path:
    """Write the bundle where it is not what it should be; return its place. Raises AuthorityError."""
    path = bundle_file(home)
    state.make_folder(path.parent)
    content = _public_roots(home).rstrip() + b"\n" + authority.root.pem
    with state.lock(home / LOCK):  # nobody sweeps what another writes
        if not path.is_file() or path.read_bytes() != content:
            state.sweep(path.parent)
            state.write_atomic(path, content, state.PUBLIC_FILE)
    return path


def _public_roots(home: Path) -> bytes:
    defaults = ssl.get_default_verify_paths()
    # SSL_CERT_FILE first, for it may name a company's roots; but under `devserve exec` it names this very bundle.
    told = [Path(file) for file in (defaults.cafile, defaults.openssl_cafile) if file]
    candidates = (*told, *SYSTEM_BUNDLES, Path(certifi.where()))
    path = next(file for file in candidates if file.is_file() and not file.resolve().is_relative_to(home.resolve()))
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuthorityError(
            f"{path}: the public roots cannot be read: {error.strerror}. Mend its mode or SSL_CERT_FILE."
        ) from error
