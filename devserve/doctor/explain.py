"""Why one page is red in the browser: the first thing on its way that is wrong, and which field says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from devserve.ca.inspection import Inspected
from devserve.doctor.findings import Finding, Verdict

TOPIC = "page"
LONGEST = timedelta(days=825)  # Apple refuses more, whoever issued it
RESTART = "Run `devserve run` again: it makes a new certificate"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen at a page's address: an error of the connection or of TLS, or the certificate."""

    host: str
    port: int
    holder: str = ""  # who listens there
    connection_error: str = ""
    tls_error: str = ""
    certificate: Inspected | None = None


def explain(seen: Seen, configured: bool, suffixes: tuple[str, ...], now: datetime) -> Finding:
    """Return what is responsible, or that the page itself is right: then it is a store of a client."""
    certificate = seen.certificate
    if certificate is None:
        return _unreached(seen, configured)
    if not certificate.by_root:
        return _foreign(seen, certificate)
    for field, said, fix in _wrong_fields(seen.host, certificate, suffixes, now):
        return Finding(TOPIC, field, Verdict.BROKEN, said, fix, "a handshake")
    said = f"{seen.host} shows a right certificate of devserve's; if a browser is red, its own store is responsible"
    return Finding(TOPIC, seen.host, Verdict.GOOD, said, measured="a handshake")


def _unreached(seen: Seen, configured: bool) -> Finding:
    where = f"port {seen.port}"
    if seen.connection_error:
        said = f"nothing answers at {where}: {seen.connection_error} (browsers say ERR_CONNECTION_REFUSED)"
        return Finding(TOPIC, where, Verdict.BROKEN, said, "Run `devserve run`", "a connection")
    if "unrecognized" in seen.tls_error.lower():
        said = f"what runs does not serve {seen.host} (browsers say ERR_SSL_UNRECOGNIZED_NAME_ALERT)"
        fix = (
            f"Run the repository that has {seen.host}: `devserve run`"
            if configured
            else f'Add "{seen.host}" to a service in devserve.toml, as its host or one of its aliases'
        )
        return Finding(TOPIC, "server name", Verdict.BROKEN, said, fix, "a handshake")
    who = f"{seen.holder} at {where}" if seen.holder else where
    said = f"{who} does not speak TLS as browsers do: {seen.tls_error} (browsers say ERR_SSL_PROTOCOL_ERROR)"
    return Finding(TOPIC, where, Verdict.BROKEN, said, "End what listens there, then run `devserve run`", "a handshake")


def _foreign(seen: Seen, certificate: Inspected) -> Finding:
    said = f"signed by {certificate.issuer}, not by this devserve's CA (browsers say ERR_CERT_AUTHORITY_INVALID)"
    if "devserve" in certificate.issuer:
        fix = "Another user's devserve, or one that runs since before `devserve setup`: end it and run `devserve run`"
    else:
        fix = f"Port {seen.port} is held by {seen.holder or 'another process'}: end it, then run `devserve run`"
    return Finding(TOPIC, "issuer", Verdict.BROKEN, said, fix, "a handshake")


def _wrong_fields(
    host: str, certificate: Inspected, suffixes: tuple[str, ...], now: datetime
) -> Iterator[tuple[str, str, str]]:
    """Yield each field that makes a client refuse the certificate: its name, a sentence and the fix."""
    if now < certificate.begins:
        said = f"valid from {certificate.begins:%Y-%m-%d %H:%M} UTC on, and the clock says {now:%Y-%m-%d %H:%M} UTC"
        yield (
            "notBefore",
            f"{said} (browsers say ERR_CERT_DATE_INVALID)",
            "Set the clock: `sudo timedatectl set-ntp true`",
        )
    if now > certificate.ends:
        said = f"expired on {certificate.ends:%Y-%m-%d %H:%M} UTC (browsers say ERR_CERT_DATE_INVALID)"
        yield "notAfter", said, RESTART
    if host not in certificate.names:
        names = ", ".join(certificate.names) or "no name"
        yield "subjectAltName", f"is for {names}, not for {host} (browsers say ERR_CERT_COMMON_NAME_INVALID)", RESTART
    if not any(host == suffix or host.endswith(f".{suffix}") for suffix in suffixes):
        said = f"the CA may only sign names below {', '.join(suffixes)} (browsers say ERR_CERT_INVALID)"
        yield "nameConstraints", said, "Run `devserve setup` to add the domain"
    if not certificate.server_auth:
        yield "extendedKeyUsage", "is not for servers: it lacks serverAuth (browsers say ERR_CERT_INVALID)", RESTART
    if not certificate.signs:
        yield "keyUsage", "its key may not sign (browsers say ERR_SSL_KEY_USAGE_INCOMPATIBLE)", RESTART
    if certificate.is_authority:
        yield "basicConstraints", "is itself an authority (Firefox says CA_CERT_USED_AS_END_ENTITY)", RESTART
    if not certificate.names_issuer_key:
        yield "authorityKeyIdentifier", "does not name the CA's key, so Python 3.13 and newer refuse it", RESTART
    if certificate.ends - certificate.begins > LONGEST:
        yield "validity", f"lasts over {LONGEST.days} days (browsers say ERR_CERT_VALIDITY_TOO_LONG)", RESTART
