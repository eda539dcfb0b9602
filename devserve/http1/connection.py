"""One HTTP/1.1 connection without its socket: bytes to events, events to bytes."""

from __future__ import annotations

from typing import Final

from devserve.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from devserve.http1.buffer import ReceiveBuffer
from devserve.http1.events import (
    END,
    NEED_DATA,
    PAUSED,
    ConnectionClosed,
    Data,
    EndOfMessage,
    Event,
    InformationalResponse,
    Request,
    Response,
    Signal,
)
from devserve.http1.facts import facts_of
from devserve.http1.framing import BodyLength, Delimiter, is_old, request_body, response_body
from devserve.http1.heads import RequestReader, ResponseReader
from devserve.http1.limits import DEFAULT_LIMITS, Limits
from devserve.http1.options import (
    SWITCHING_PROTOCOLS,
    check_switch,
    ends_connection,
    expects_continue,
    proposes_switch,
)
from devserve.http1.outgoing import outgoing_interim, outgoing_request, outgoing_response
from devserve.http1.readers import SILENCE, LengthReader, Reader, body_reader
from devserve.http1.state import (
    CLIENT,
    DONE,
    NEW,
    SERVER,
    Role,
    State,
    after_end,
    after_event,
    after_failure,
    with_switch_agreed,
    with_switch_proposed,
    without_keep_alive,
)
from devserve.http1.writers import NOTHING, Writer, body_writer, write_request, write_response

AFTER_FAILURE: Final = "nothing can be sent after a failure: close the connection"
BAD_GATEWAY: Final = 502
CONTINUE: Final = 100
ERROR: Final = State.ERROR
LEFT: Final = (State.MIGHT_SWITCH_PROTOCOL, State.SWITCHED_PROTOCOL)  # what comes may be no HTTP
# What the peer sends in these must wait for our part, or is never read as HTTP.
UNREAD: Final = frozenset({DONE, State.MUST_CLOSE, ERROR, *LEFT})


class Connection:
    """One side's view of a connection: the verbs and states are h11's.

    Give it what the socket reads by `receive_data` and take `next_event` until NEED_DATA or PAUSED; write what `send`
    returns. After both sides are DONE, `start_next_cycle`. After RemoteProtocolError close the connection; a server
    may send a Response with the error's `status` first. A client's errors have status 502, as a gateway answers.
    """

    __slots__ = (
        "_buffer", "_client_waits", "_head_reader", "_interim_count", "_limits", "_method", "_offers", "_our_role",
        "_phase", "_reader", "_received_end", "_their_role", "_their_version", "_writer",
    )  # fmt: skip

    def __init__(self, role: Role, limits: Limits = DEFAULT_LIMITS) -> None:
        self._our_role = role
        self._their_role = SERVER if role is CLIENT else CLIENT
        self._limits = limits
        self._phase = NEW
        self._buffer = ReceiveBuffer()
        self._received_end = False
        self._head_reader: Reader = ResponseReader(limits) if role is CLIENT else RequestReader(limits)
        self._reader: Reader = SILENCE if role is CLIENT else self._head_reader
        self._writer: Writer = NOTHING
        self._method: bytes | None = None  # of the current request: decides whether a response has a body
        self._their_version: bytes | None = None
        self._interim_count = 0
        self._client_waits = False  # for 100 (Continue)
        self._offers: frozenset[bytes] = frozenset()  # the protocols that the client would switch to

    @property
    def our_state(self) -> State:
        """The state of the role that we play."""
        return self._phase.of(self._our_role)

    @property
    def their_state(self) -> State:
        """The state of the peer."""
        return self._phase.of(self._their_role)

    @property
    def is_done(self) -> bool:
        """Whether both sides are done, and the connection is good for another exchange."""
        return self._phase.client is DONE and self._phase.server is DONE

    @property
    def their_http_version(self) -> bytes | None:
        """The version of the last head that the peer has sent, as `b"1.1"`."""
        return self._their_version

    @property
    def they_are_waiting_for_100_continue(self) -> bool:
        """Whether the client keeps its body back until it sees 100, or a final response."""
        return self._our_role is SERVER and self._client_waits

    @property
    def has_unread(self) -> bool:
        """Whether bytes are received that `next_event` has not yet turned into events, or the end."""
        return self._received_end or bool(self._buffer)

    @property
    def trailing_data(self) -> tuple[bytes, bool]:
        """The bytes that are received and not parsed, and whether the stream has ended: a tunnel begins with them."""
        return bytes(self._buffer), self._received_end

    def receive_data(self, data: bytes) -> None:
        """Take what the socket has read; b"" says that the peer will send nothing more. Call `next_event` next.

        Raises:
            LocalProtocolError: there is data after the end.
        """
        if not data:
            self._received_end = True
        elif self._received_end:
            raise LocalProtocolError("data was received after the end of the stream")
        else:
            self._buffer.append(data)

    def next_event(self) -> Event | Signal:
        """Return the next thing that the peer has done.

        Returns:
            An event; NEED_DATA when `receive_data` must be called first; PAUSED when what has come must wait for our
            part of the exchange, or belongs to another protocol. ConnectionClosed is returned again when asked again.

        Raises:
            RemoteProtocolError: the peer broke the protocol, and is in ERROR from now on.
        """
        state = self._phase.of(self._their_role)
        if state in UNREAD:
            if state is ERROR:
                raise RemoteProtocolError("the peer has broken the protocol before", self._fault_status(400))
            if state in LEFT or self._buffer:
                return PAUSED
        try:
            event: Event | None = self._reader.read(self._buffer)
            if event is None:
                if not self._received_end:
                    return NEED_DATA
                event = self._reader.end(self._buffer)
            self._received(event)
        except ProtocolError as error:
            self._phase = after_failure(self._phase, self._their_role)
            status = error.status if isinstance(error, RemoteProtocolError) else 400
            raise RemoteProtocolError(str(error), self._fault_status(status)) from error
        return event

    def next_whole(self) -> bytes | None:
        """Return the rest of the current message's body and end the message, if all of it has come already.

        None: it has not, or its length is not known; take `next_event` then.
        """
        reader = self._reader
        if not isinstance(reader, LengthReader):
            return None
        body = reader.read_whole(self._buffer)
        if body is not None:
            self._client_waits = False
            self._end_received()
        return body

    def send_whole(self, head: Request | Response, body: bytes) -> list[bytes]:
        """Return the pieces to write for a whole message without trailers.

        Raises:
            LocalProtocolError: as `send` does for each of its events.
        """
        if self._phase.of(self._our_role) is ERROR:
            raise LocalProtocolError(AFTER_FAILURE)
        try:
            start, length = self._request_head(head) if isinstance(head, Request) else self._response_head(head)
            self._phase = after_event(self._phase, self._our_role, EndOfMessage)
            if length == len(body):
                return [start, body] if body else [start]
            writer = body_writer(length)
            return [start, *writer.data(body), *writer.end(END.trailers)]
        except ProtocolError as error:
            raise self._failed(error) from error

    def send(self, event: Event) -> list[bytes]:
        """Return the pieces to write for an event, in their order; among them a Data's own bytes object.

        A Response gets the framing fields and `Connection: close` that it needs. A 1xx response to an HTTP/1.0 client
        gives no bytes, and trailers are written in chunked bodies only.

        Raises:
            LocalProtocolError: the event may not be sent, or not now. We are in ERROR from now on.
        """
        if self._phase.of(self._our_role) is ERROR:
            raise LocalProtocolError(AFTER_FAILURE)
        try:
            if isinstance(event, Data):
                self._phase = after_event(self._phase, self._our_role, Data)
                return self._writer.data(event.data)
            if isinstance(event, EndOfMessage):
                self._phase = after_event(self._phase, self._our_role, EndOfMessage)
                return self._writer.end(event.trailers)
            return self._sent_head(event)
        except ProtocolError as error:
            raise self._failed(error) from error

    def _failed(self, error: ProtocolError) -> LocalProtocolError:
        # The rules for what we send are those for what we receive; the fault is ours.
        self.send_failed()
        return error if isinstance(error, LocalProtocolError) else LocalProtocolError(str(error))

    def send_failed(self) -> None:
        """Record that bytes of ours were lost: the connection can only be closed."""
        self._phase = after_failure(self._phase, self._our_role)

    def start_next_cycle(self) -> None:
        """Begin another exchange on the connection.

        Raises:
            LocalProtocolError: a side is not DONE, or a server has sent more than its response.
        """
        if self._our_role is CLIENT and self._buffer:
            raise LocalProtocolError(f"the server sent {len(self._buffer)} bytes after its response: close instead")
        self._phase = after_end(self._phase)
        self._reader = SILENCE if self._our_role is CLIENT else self._head_reader
        self._method = None
        self._interim_count = 0

    def _fault_status(self, status: int) -> int:
        return BAD_GATEWAY if self._our_role is CLIENT else status

    def _received(self, event: Event) -> None:
        if isinstance(event, Request):
            self._their_version = event.http_version
            self._reader = body_reader(self._begin_request(event), self._limits)
        elif isinstance(event, Response):
            self._their_version = event.http_version
            self._reader = body_reader(self._begin_response(event), self._limits)
        elif isinstance(event, Data):
            self._client_waits = False
        elif isinstance(event, EndOfMessage):
            self._end_received()
        elif isinstance(event, InformationalResponse):
            self._their_version = event.http_version
            self._count_interim()
            self._pass_interim(event)
        else:
            self._phase = after_event(self._phase, self._their_role, ConnectionClosed)

    def _sent_head(self, event: Request | InformationalResponse | Response | ConnectionClosed) -> list[bytes]:
        if isinstance(event, InformationalResponse):
            return self._send_interim(event)
        if isinstance(event, ConnectionClosed):
            self._phase = after_event(self._phase, self._our_role, ConnectionClosed)
            return []
        start, length = self._request_head(event) if isinstance(event, Request) else self._response_head(event)
        self._writer = body_writer(length)
        return [start]

    def _request_head(self, request: Request) -> tuple[bytes, BodyLength]:
        request = outgoing_request(request)
        length = self._begin_request(request)
        self._reader = self._head_reader
        return write_request(request), length

    def _send_interim(self, response: InformationalResponse) -> list[bytes]:
        response = outgoing_interim(response)
        self._pass_interim(response)
        return [] if is_old(self._their_version) else [write_response(response)]  # RFC 9110, section 15.2

    def _response_head(self, response: Response) -> tuple[bytes, BodyLength]:
        # A client that waits for 100 need not send its body now: nobody knows whether one comes (RFC 9110, 10.1.1).
        will_close = self._method is None or not self._phase.keep_alive or self._client_waits
        response = outgoing_response(response, self._method, is_old(self._their_version), will_close)
        length = self._begin_response(response)
        return write_response(response), length

    def _begin_request(self, request: Request) -> BodyLength:
        facts = request.headers.facts or facts_of(request.headers)
        if facts.is_usual and request.http_version == b"1.1" and request.method != b"CONNECT":
            self._phase = after_event(self._phase, CLIENT, Request)
            self._method = request.method
            self._client_waits = False
            return facts.length or 0
        return self._begin_unusual_request(request)

    def _begin_unusual_request(self, request: Request) -> BodyLength:
        length = request_body(request)
        switch = proposes_switch(request)
        if switch and length != 0:
            if b"websocket" in request.headers.tokens(b"upgrade"):
                raise RemoteProtocolError("a WebSocket's handshake with a body: where HTTP ends is ambiguous")
            switch = False  # curl and Java offer h2c with any request; a server may ignore it (RFC 9110, section 7.8)
        self._phase = after_event(self._phase, CLIENT, Request)
        if switch:
            self._phase = with_switch_proposed(self._phase)
            self._offers = frozenset(request.headers.tokens(b"upgrade"))
        if ends_connection(request):
            self._phase = without_keep_alive(self._phase)
        self._method = request.method
        self._client_waits = expects_continue(request)
        return length

    def _begin_response(self, response: Response) -> BodyLength:
        facts = response.headers.facts or facts_of(response.headers)
        length = response_body(self._method, response)
        self._phase = after_event(self._phase, SERVER, Response)
        self._client_waits = False
        if facts.is_usual and facts.length is not None and response.http_version == b"1.1":
            return length
        ambiguous = facts.has_coding and facts.length is not None
        if ambiguous or length is Delimiter.CLOSE or ends_connection(response):
            self._phase = without_keep_alive(self._phase)
        return length

    def _pass_interim(self, response: InformationalResponse) -> None:
        if response.status_code == SWITCHING_PROTOCOLS:
            self._phase = with_switch_agreed(self._phase)
            check_switch(response, self._offers)
        else:
            self._phase = after_event(self._phase, SERVER, InformationalResponse)
        if response.status_code == CONTINUE:
            self._client_waits = False

    def _count_interim(self) -> None:
        self._interim_count += 1
        if self._interim_count > self._limits.interim:
            raise RemoteProtocolError(f"the server sent more than {self._limits.interim} interim responses")

    def _end_received(self) -> None:
        if self._our_role is CLIENT and self._buffer:  # more than the response: who knows whose answer it would be
            self._phase = without_keep_alive(self._phase)
        self._phase = after_event(self._phase, self._their_role, EndOfMessage)
        self._reader = SILENCE
        self._client_waits = False

    def __repr__(self) -> str:
        ours, theirs = self.our_state.value, self.their_state.value
        roles = f"{self._our_role.value} {ours}, {self._their_role.value} {theirs}"
        return f"<Connection {roles}, {len(self._buffer)} bytes waiting>"
