"""What is learnt of one exchange on its way, for who hears of its end. Nothing of this runs unasked."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter, time

from devserve.http1 import Data, Event, InformationalResponse, Request, Response
from devserve.proxy.access import Access, is_stream, is_text

VERDICT = b"x-devserve"
SWITCHING_PROTOCOLS = 101


class Entry:
    """An exchange that goes on, or has ended. `keeps` is how many bytes of either body are kept.

    On the way little more is done than to remember: `record` works out the rest, for those that anybody looks at.
    """

    __slots__ = (
        "_asked", "_began", "_connected", "_ended", "_held", "_keeps", "_kept", "_received", "_request", "_response",
        "_scheme", "_sent", "_status", "_upload", "_upstream", "_when", "service",
    )  # fmt: skip

    def __init__(self, request: Request | None, scheme: str = "https", keeps: int = 0) -> None:
        self.service = "devserve"
        self._request = request  # None: what came was no request
        self._scheme = scheme
        self._keeps = keeps
        self._when = time()
        self._began = self._asked = perf_counter()
        self._ended = 0.0
        self._held = self._connected = 0.0
        self._received = self._sent = self._status = 0
        self._upstream: float | None = None
        self._response: Response | None = None
        self._upload: list[bytes] | None = [] if keeps else None
        self._kept: list[bytes] | None = None

    def __repr__(self) -> str:
        return f"<Entry {self.service} {self._status or 'without an answer yet'}>"

    # On its way.

    def received(self, event: Event) -> None:
        """Note an event that came from the client."""
        if isinstance(event, Data):
            self._received += len(event.data)
            if self._upload is not None:
                self._upload.append(event.data)
                if self._received > self._keeps:  # half a body is good for nothing: it is kept to be sent again
                    self._upload = None

    def sent(self, event: Event) -> None:
        """Note an event that goes to the client."""
        if isinstance(event, Data):
            if self._kept is not None and self._sent < self._keeps:
                self._kept.append(event.data[: self._keeps - self._sent])
            self._sent += len(event.data)
        elif isinstance(event, Response):
            self._status = event.status_code
            self._response = event
            if self._keeps and is_text(event):
                self._kept = []
        elif isinstance(event, InformationalResponse) and event.status_code == SWITCHING_PROTOCOLS:
            self._status = event.status_code

    def tunnelled(self, received: int, sent: int) -> None:
        """Note how many bytes went each way after the protocol was switched."""
        self._received += received
        self._sent += sent

    def waited(self) -> None:
        """Note that all time until now was waiting for the service, whether it has become ready or not."""
        self._held = perf_counter() - self._began

    def asks(self) -> None:
        """Note that the upstream is dialled now."""
        self._asked = perf_counter()

    def connected(self) -> None:
        """Note that the upstream has taken a connection, or that an idle one was taken."""
        self._connected = perf_counter() - self._asked

    def answered(self) -> None:
        """Note that the upstream's head has come."""
        self._upstream = perf_counter() - self._asked

    def end(self) -> None:
        """Note that it has ended, well or not; the first time counts."""
        self._ended = self._ended or perf_counter()

    # What is known of it.

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return (self._ended or perf_counter()) - self._began

    @property
    def is_lasting(self) -> bool:
        """Whether it is a WebSocket or an event stream, which take as long as somebody listens."""
        return self._status == SWITCHING_PROTOCOLS or (self._response is not None and is_stream(self._response))

    @property
    def kept_bytes(self) -> int:
        """How many bytes of its bodies are kept."""
        kept = min(self._sent, self._keeps) if self._kept is not None else 0
        return kept + (self._received if self._upload is not None else 0)

    @property
    def head_bytes(self) -> int:
        """How many bytes its heads have."""
        heads = (self._request, self._response)
        return sum(len(head.headers.block) for head in heads if head is not None) + len(self._target)

    def forget_bodies(self) -> None:
        """Keep neither body any more."""
        self._kept = self._upload = None

    def forget_heads(self) -> None:
        """Keep neither head any more."""
        self._request = self._response = None

    def record(self) -> Access:
        """Return the exchange as it stands or has ended."""
        response, request = self._response, self._request
        verdict = response.headers.first(VERDICT) if response is not None else None
        return Access(
            when=datetime.fromtimestamp(self._when, UTC),
            service=self.service,
            method=request.method.decode("latin-1") if request is not None else "",
            target=self._target.decode("latin-1"),
            status=self._status,
            received=self._received,
            sent=self._sent,
            upstream_seconds=self._upstream,
            total_seconds=self.seconds,
            held_seconds=self._held,
            verdict=(verdict or b"").decode("latin-1"),
            scheme=self._scheme,
            connect_seconds=self._connected,
            request=request,
            response=response,
            request_body=None if self._upload is None else b"".join(self._upload),
            response_body=None if self._kept is None else b"".join(self._kept),
        )

    @property
    def _target(self) -> bytes:
        return self._request.target if self._request is not None else b""
