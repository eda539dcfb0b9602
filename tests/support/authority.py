"""A certificate authority for tests, made once."""

from __future__ import annotations

import functools
import ssl
from datetime import UTC, datetime

from devserve.ca.authority import Authority, Subject, create


@functools.cache
def authority() -> Authority:
    return create(Subject("Tests", "somebody", "machine"), ["test", "localhost"], datetime.now(UTC))


def trusting() -> ssl.SSLContext:
    """Return a client's context that trusts this authority alone."""
    context = ssl.create_default_context(cadata=authority().root.pem.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context
