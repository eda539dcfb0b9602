"""What h11 and httptools (llhttp) make of the same bytes, in one plain form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import h11
import httptools

from devserve.errors import RemoteProtocolError
from devserve.http1 import (
    PAUSED,
    Connection,
    ConnectionClosed,
    Data,
    EndOfMessage,
    Event,
    Headers,
    Request,
    Response,
    Role,
    State,
)
from support.wire import drained

Plain = tuple[object, ...]
Pairs = Iterable[tuple[bytes, bytes]]


def plain_fields(pairs: Pairs) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower(), value) for name, value in pairs)


def plain(event: Event) -> Plain:
    """Return one of our events in plain form."""
    if isinstance(event, Request):
        return ("request", event.method, event.target, event.http_version, plain_fields(event.headers))
    if isinstance(event, Data):
        return ("data", event.data)
    if isinstance(event, EndOfMessage):
        return ("end", plain_fields(event.trailers))
    if isinstance(event, ConnectionClosed):
        return ("closed",)
    return ("response", event.status_code, event.reason, event.http_version, plain_fields(event.headers))


def joined(events: Iterable[Plain]) -> list[Plain]:
    """Return plain events with adjoining data as one."""
    result: list[Plain] = []
    for event in events:
        if event[0] == "data" and result and result[-1][0] == "data":
            result[-1] = ("data", b"".join(bytes(piece) for piece in (result[-1][1], event[1])))  # type: ignore[arg-type]
        else:
            result.append(event)
    return result


def plain_from_h11(event: h11.Event) -> Plain:
    if isinstance(event, h11.Request):
        fields = plain_fields(event.headers.raw_items())
        return ("request", event.method, event.target, event.http_version, fields)
    if isinstance(event, h11.Data):
        return ("data", bytes(event.data))
    if isinstance(event, h11.EndOfMessage):
        return ("end", plain_fields(event.headers))
    if isinstance(event, h11.ConnectionClosed):
        return ("closed",)
    assert isinstance(event, h11.Response | h11.InformationalResponse)
    fields = plain_fields(event.headers.raw_items())
    return ("response", event.status_code, bytes(event.reason), event.http_version, fields)


def by_h11(pieces: Iterable[bytes], end: bool, asked: bytes = b"", options: Pairs = ()) -> list[Plain]:
    """Return what h11 reads: as a server, or as a client that has asked by this method."""
    connection = h11.Connection(h11.CLIENT if asked else h11.SERVER, max_incomplete_event_size=65536)
    if asked:
        connection.send(h11.Request(method=asked, target=b"/", headers=[(b"Host", b"a.test"), *options]))
        connection.send(h11.EndOfMessage())
    events: list[Plain] = []
    for piece in [*pieces, *([b""] if end else [])]:
        connection.receive_data(piece)
        events += h11_events(connection)
    return joined(events)


def h11_events(connection: h11.Connection) -> Iterator[Plain]:
    while (event := connection.next_event()) is not h11.NEED_DATA and event is not h11.PAUSED:
        yield plain_from_h11(event)
        if isinstance(event, h11.ConnectionClosed):
            return


class Listener:
    """Collects what httptools reports about one message."""

    def __init__(self) -> None:
        self.line = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = False

    def on_url(self, piece: bytes) -> None:
        self.line += piece

    def on_status(self, piece: bytes) -> None:
        self.line += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))

    def on_body(self, piece: bytes) -> None:
        self.body += piece

    def on_message_complete(self) -> None:
        self.complete = True


def by_httptools(pieces: Iterable[bytes], is_request: bool) -> list[Plain]:
    """Return the one message that llhttp reads."""
    heard = Listener()
    parser = httptools.HttpRequestParser(heard) if is_request else httptools.HttpResponseParser(heard)
    for piece in pieces:
        try:
            parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            break
    version, fields = parser.get_http_version().encode(), plain_fields(heard.fields)
    if isinstance(parser, httptools.HttpRequestParser):
        first: Plain = ("request", parser.get_method(), heard.line, version, fields)
    else:
        first = ("response", parser.get_status_code(), heard.line, version, fields)
    data: list[Plain] = [("data", heard.body)] if heard.body else []
    return [first, *data, *([("end", ())] if heard.complete else [])]


def our_requests(pieces: Iterable[bytes]) -> tuple[list[Plain], bool]:
    """Return all that a server of ours reads from a connection, answering as it goes, and whether it refused any."""
    connection, events = Connection(Role.SERVER), list[Plain]()
    try:
        for piece in [*pieces, b""]:
            connection.receive_data(piece)
            events += map(plain, drained(connection))
            while connection.next_event() is PAUSED and connection.our_state is State.SEND_RESPONSE:
                connection.send(Response(405, Headers([(b"Content-Length", b"0")])))
                connection.send(EndOfMessage())
                if connection.our_state is not State.DONE:
                    return joined(events), False
                connection.start_next_cycle()
                events += map(plain, drained(connection))
    except RemoteProtocolError:
        return joined(events), True
    return joined(events), False


def h11_requests(data: bytes) -> tuple[list[Plain], bool]:
    """Return the same of a server made of h11."""
    connection, events = h11.Connection(h11.SERVER, max_incomplete_event_size=65536), list[Plain]()
    try:
        connection.receive_data(data)
        connection.receive_data(b"")
        events += h11_events(connection)
        while connection.next_event() is h11.PAUSED and connection.our_state is h11.SEND_RESPONSE:
            connection.send(h11.Response(status_code=405, headers=[(b"Content-Length", b"0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is not h11.DONE:
                return joined(events), False
            connection.start_next_cycle()
            events += h11_events(connection)
    except h11.RemoteProtocolError:
        return joined(events), True
    return joined(events), False
