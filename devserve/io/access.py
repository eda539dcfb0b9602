"""What is learnt of one exchange on its way, for its line in the access log. Nothing of this runs unasked."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter

from devserve.http1 import Data, Event, InformationalResponse, Request, Response
from devserve.proxy.access import Access, is_text

VERDICT = b"x-devserve"
SWITCHING_PROTOCOLS = 101


class Entry:
    """An exchange that goes on. `keeps` is how many bytes of either body are kept."""

    __slots__ = (
        "_asked", "_began", "_connected", "_held", "_keeps", "_kept", "_received", "_request", "_response", "_scheme",
        "_sent", "_status", "_uploaded", "_upstream", "_when", "service",
    )  # fmt: skip

    def __init__(self, request: Request, scheme: str = "https", keeps: int = 0) -> None:
        self.service = "devserve"
        self._request = request
        self._scheme = scheme
        self._keeps = keeps
        self._when = datetime.now(UTC)
        self._began = self._asked = perf_counter()
        self._held = self._connected = 0.0
        self._received = self._sent = self._status = 0
        self._upstream: float | None = None
        self._response: Response | None = None
        self._uploaded: bytearray | None = bytearray() if keeps else None
        self._kept: bytearray | None = None

    def __repr__(self) -> str:
        return f"<Entry {self.service} {self._status or 'without an answer yet'}>"

    def received(self, event: Event) -> None:
        """Note an event that came from the client."""
        if isinstance(event, Data):
            self._received += len(event.data)
            if self._uploaded is not None:
                # Half a body is good for nothing: it is kept to be sent again.
                self._uploaded = None if self._received > self._keeps else self._uploaded + event.data

    def sent(self, event: Event) -> None:
        """Note an event that goes to the client."""
        if isinstance(event, Data):
            self._sent += len(event.data)
            if self._kept is not None and len(self._kept) < self._keeps:
                self._kept += event.data[: self._keeps - len(self._kept)]
        elif isinstance(event, Response):
            self._status = event.status_code
            self._response = event
            if self._keeps and is_text(event):
                self._kept = bytearray()
        elif isinstance(event, InformationalResponse) and event.status_code == SWITCHING_PROTOCOLS:
            self._status = event.status_code

    def asks(self) -> None:
        """Note that the upstream is dialled now; all time before was waiting for the service."""
        self._asked = perf_counter()
        self._held = self._asked - self._began

    def connected(self) -> None:
        """Note that the upstream has taken a connection, or an idle one was taken."""
        self._connected = perf_counter() - self._asked

    def answered(self) -> None:
        """Note that the upstream's head has come."""
        self._upstream = perf_counter() - self._asked

    def record(self) -> Access:
        """Return the exchange as it stands or ended now."""
        verdict = self._response.headers.first(VERDICT) if self._response is not None else None
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
            verdict=(verdict or b"").decode("latin-1"),
            scheme=self._scheme,
            connect_seconds=self._connected,
            request=self._request,
            response=self._response,
            request_body=None if self._uploaded is None else bytes(self._uploaded),
            response_body=None if self._kept is None else bytes(self._kept),
        )
