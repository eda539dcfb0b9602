"""The page that gives the CA's public certificate to who cannot be set up from here: phones, virtual machines."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from devserve.proxy.failures import STYLE

PATH = "/.well-known/devserve-ca"  # RFC 8615
FILE = f"{PATH}/devserve-ca.crt"  # the name that Android and Windows open as a certificate
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
FINGERPRINT_FIELD = "X-Devserve-Fingerprint"
STEPS = (
    (
        "Android",
        "Settings, Security, Encryption & credentials, Install a certificate, CA certificate: choose the file.",
    ),
    (
        "iPhone and iPad",
        "Open the file in Safari, install the profile in Settings, then switch it on in General, About,"
        " Certificate Trust Settings.",
    ),
    ("Firefox", "Settings, Certificates, Authorities, Import: trust it for websites."),
    (
        "A Linux machine",
        "Save it to /usr/local/share/ca-certificates/devserve.crt and run update-ca-certificates as root.",
    ),
    ("A container", "Mount it, and set the variables that `devserve env --format compose` prints."),
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The CA's public certificate: its PEM, the SHA-256 fingerprint in hex, and what it may sign."""

    pem: bytes
    sha256: str
    suffixes: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """The fingerprint as systems show it: pairs of hex digits."""
        return grouped(self.sha256)


def grouped(sha256: str) -> str:
    """Return a fingerprint in hex as pairs with colons."""
    return ":".join(sha256[place : place + 2].upper() for place in range(0, len(sha256), 2))


def page(certificate: Certificate) -> str:
    """Return the page with the file, the fingerprint to compare and the steps of each platform."""
    steps = "".join(f"<li><b>{escape(name)}</b><br>{escape(step)}</li>" for name, step in STEPS)
    names = ", ".join(certificate.suffixes)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>devserve: certificate</title>'
        f"<style>{STYLE}</style></head><body><main><small>devserve</small><h1>Trust this developer's pages</h1>"
        f"<p>This certificate authority can only sign names below {escape(names)}, and loopback addresses."
        f' <a href="{FILE}">Get its certificate</a>.</p>'
        "<p>Compare the fingerprint (SHA-256) with what `devserve ca show` says on the developer's machine:"
        " over plain HTTP anybody between here and there could have changed it.</p>"
        f"<pre>{certificate.fingerprint}</pre><ul>{steps}</ul></main></body></html>\n"
    )
