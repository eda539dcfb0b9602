"""Feed connections with bytes cut in every way, and join a client to a server without a socket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from devserve.http1 import (
    Connection,
    ConnectionClosed,
    Data,
    EndOfMessage,
    Event,
    Headers,
    Request,
    Role,
    Signal,
)


def headers(*lines: str) -> Headers:
    """Return headers from lines such as `Host: a.test`."""
    pairs = (line.encode("latin-1").partition(b":") for line in lines)
    return Headers([(name, value.strip(b" \t")) for name, _, value in pairs])


def head(*lines: str) -> bytes:
    """Return the bytes of a head with these lines."""
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def whole(data: bytes) -> list[bytes]:
    """Return the data in one piece."""
    return [data] if data else []


def byte_by_byte(data: bytes) -> list[bytes]:
    """Return the data one byte at a time."""
    return [data[place : place + 1] for place in range(len(data))]


def cut_at(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Return the data cut at these places, without empty pieces."""
    borders = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(borders) if start < end]


def drained(connection: Connection) -> Iterator[Event]:
    """Yield events until there is none, or the connection is closed."""
    while not isinstance(event := connection.next_event(), Signal):
        yield event
        if isinstance(event, ConnectionClosed):
            return


def received(connection: Connection, pieces: Iterable[bytes], end: bool = False) -> list[Event]:
    """Return the events of these pieces, adjoining Data as one; `end` closes the stream after them."""
    events: list[Event] = []
    for piece in [*pieces, *([b""] if end else [])]:
        connection.receive_data(piece)
        events += drained(connection)
    return merged(events)


def merged(events: Iterable[Event]) -> list[Event]:
    """Return the events with adjoining Data as one: how a body was cut is no part of its meaning."""
    result: list[Event] = []
    for event in events:
        if isinstance(event, Data) and result and isinstance(last := result[-1], Data):
            result[-1] = Data(last.data + event.data)
        else:
            result.append(event)
    return result


def sent(connection: Connection, *events: Event) -> bytes:
    """Return the bytes that the connection writes for these events."""
    return b"".join(piece for event in events for piece in connection.send(event))


def passed(sender: Connection, receiver: Connection, *events: Event) -> list[Event]:
    """Send events from one end to the other, and return what arrives."""
    return received(receiver, whole(sent(sender, *events)))


def server_after(request: bytes) -> Connection:
    """Return a server that has received this request."""
    server = Connection(Role.SERVER)
    received(server, [request])
    return server


def client_after(method: bytes = b"GET", *lines: str) -> Connection:
    """Return a client that has sent a request without a body."""
    client = Connection(Role.CLIENT)
    sent(client, Request(method, b"/", headers("Host: a.test", *lines)), EndOfMessage())
    return client
