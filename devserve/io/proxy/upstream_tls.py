"""TLS towards an upstream: the context for its settings, and in words why a handshake failed."""

from __future__ import annotations

import ssl
from pathlib import Path

from devserve.config.values import UpstreamTls
from devserve.errors import UpstreamError
from devserve.io.proxy.streams import words

PROTOCOL = "http/1.1"  # asked for by ALPN (RFC 7301): all that we speak to an upstream
# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL.
WRONG_NAME = (62, 64)
TRUST = 'trust its issuer, upstream_tls = { ca = "FILE.pem" }, or whoever answers, upstream_tls = { verify = false }'
RENAME = (
    'ask for a name it has, upstream_tls = { server_name = "NAME" }, or for none, upstream_tls = { verify = false }'
)
# OpenSSL's reasons that have a known remedy.
REMEDIES = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS; write http:// in upstream",
    "PACKET_LENGTH_TOO_LONG": "it does not speak TLS; write http:// in upstream",
    "RECORD_LAYER_FAILURE": "it does not speak TLS; write http:// in upstream",
    "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": "it does not speak HTTP/1.1; turn that on there",
}


def context_for(tls: UpstreamTls) -> ssl.SSLContext:
    """Return a new context for these settings.

    Raises:
        UpstreamError: a file that they name cannot be used.
    """
    if tls.verify:
        context = _verifying(tls.ca)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([PROTOCOL])
    if tls.client_cert is not None:
        _show(context, tls.client_cert, tls.client_key)
    return context


def failure(error: ssl.SSLError) -> str:
    """Return what went wrong in a handshake, with its remedy where there is one."""
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = RENAME if error.verify_code in WRONG_NAME else TRUST
        return f"its certificate was refused: {error.verify_message.rstrip('.')}; {remedy}"
    reason = error.reason or ""
    return REMEDIES.get(reason) or f"the TLS handshake failed: {_words(error)}"


def _verifying(ca: Path | None) -> ssl.SSLContext:
    if ca is None:
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise UpstreamError(f"{ca}, the ca in upstream_tls, cannot be used: {_words(error)}; mend it") from error
    # What a developer trusts by name may be one self-made certificate. Python 3.13 accepts such ones by the first of
    # these flags, and refuses those that lack what RFC 5280 demands by the second.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except OSError as error:
        files = f"{certificate} with {key}" if key else str(certificate)
        remedy = "client_cert and client_key in upstream_tls must be PEM and belong together"
        raise UpstreamError(f"{files} cannot be used: {_words(error)}; {remedy}") from error


def _no_password() -> str:
    """Refuse a key that has a password: OpenSSL would ask for it on the terminal and stop everything."""
    raise UpstreamError("the key in upstream_tls has a password; name one without in client_key")


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason.replace("_", " ").lower() if error.reason else str(error)
    return words(error)
