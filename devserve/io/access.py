"""What is learnt of one exchange on its way, for its line in the access log. Nothing of this runs unasked."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter

from devserve.http1 import Data, Event, Request, Response
from devserve.proxy.access import Access

VERDICT = b"x-devserve"


class Entry:
    """An exchange that goes on."""

    __slots__ = (
        "_asked", "_began", "_held", "_received", "_request", "_sent",
        "_status", "_upstream", "_verdict", "_when", "service",
    )  # fmt: skip

    def __init__(self, request: Request) -> None:
        self.service = "devserve"
        self._request = request
        self._when = datetime.now(UTC)
        self._began = self._asked = perf_counter()
        self._held = 0.0
        self._received = self._sent = self._status = 0
        self._upstream: float | None = None
        self._verdict = ""

    def __repr__(self) -> str:
        return f"<Entry {self.service} {self._status or 'without an answer yet'}>"

    def received(self, event: Event) -> None:
        """Note an event that came from the client."""
        if isinstance(event, Data):
            self._received += len(event.data)

    def sent(self, event: Event) -> None:
        """Note an event that goes to the client."""
        if isinstance(event, Data):
            self._sent += len(event.data)
        elif isinstance(event, Response):
            self._status = event.status_code
            self._verdict = (event.headers.first(VERDICT) or b"").decode("latin-1")

    def asks(self) -> None:
        """Note that the upstream is dialled now; all time before was waiting for the service."""
        self._asked = perf_counter()
        self._held = self._asked - self._began

    def answered(self) -> None:
        """Note that the upstream's head has come."""
        self._upstream = perf_counter() - self._asked

    def record(self) -> Access:
        """Return the exchange as it ended now."""
        return Access(
            when=self._when,
            service=self.service,
            method=self._request.method.decode("latin-1"),
            target=self._request.target.decode("latin-1"),
            status=self._status,
            received=self._received,
            sent=self._sent,
            upstream_seconds=self._upstream,
            total_seconds=perf_counter() - self._began,
            held_seconds=self._held,
            verdict=self._verdict,
        )
