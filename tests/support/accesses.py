"""Exchanges as values, for tests of what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from devserve.http1 import Headers, Request, Response
from devserve.proxy.access import Access

WHEN = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
Pairs = Sequence[tuple[bytes, bytes]]


def access(
    target: str = "/", method: str = "GET", status: int = 200, asked: Pairs = (), answered: Pairs = (), **more: Any
) -> Access:
    """Return an exchange of the service web."""
    request = Request(method.encode(), target.encode("latin-1"), Headers([(b"Host", b"web.test:8443"), *asked]))
    response = Response(status, Headers(answered), b"") if status else None
    told = {"service": "web", "request": request, "response": response, "total_seconds": 0.05, **more}
    return Access(WHEN, target=target, method=method, status=status, **told)
