"""Looks at the certificate that a page shows, without believing it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence

from devserve.ca.inspection import inspect
from devserve.ca.root import Root
from devserve.doctor.explain import Seen
from devserve.io.run.ports import holder

SECONDS = 5.0


def seen(host: str, port: int, addresses: Sequence[str], root: Root) -> Seen:
    """Return what answers at the first address that takes a connection, held against a root."""
    who = holder(port) or ""
    try:
        plain = _connected(addresses or ("127.0.0.1",), port)
    except OSError as error:
        return Seen(host, port, who, connection_error=error.strerror or str(error))
    with plain:
        try:
            with _unbelieving().wrap_socket(plain, server_hostname=host) as connection:
                certificate = connection.getpeercert(binary_form=True)
        except (OSError, ValueError) as error:
            return Seen(host, port, who, tls_error=getattr(error, "reason", None) or str(error) or "it closed")
    try:
        return Seen(host, port, who, certificate=inspect(certificate or b"", root))
    except ValueError as error:
        return Seen(host, port, who, tls_error=f"its certificate cannot be read: {error}")


def _connected(addresses: Sequence[str], port: int) -> socket.socket:
    last = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), SECONDS)
        except OSError as error:
            last = error
    raise last


def _unbelieving() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # what is wrong with it is the question
    return context
