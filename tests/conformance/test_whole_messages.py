"""A message passed on whole is the same as one passed on event by event."""

from __future__ import annotations

import pytest

from devserve.errors import LocalProtocolError
from devserve.http1 import Connection, Data, EndOfMessage, Request, Response, Role, State
from support.wire import client_after, head, headers, server_after

GET = head("GET / HTTP/1.1", "Host: a.test")
POST = head("POST / HTTP/1.1", "Host: a.test", "Content-Length: 4") + b"body"
LENGTH, CHUNKED, CLOSE = "Content-Length: 4", "Transfer-Encoding: chunked", "Connection: close"


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        (GET, b""),
        (POST, b"body"),
        (POST + GET, b"body"),
        (POST[:-1], None),
        (head("POST / HTTP/1.1", "Host: a.test", CHUNKED) + b"0\r\n\r\n", None),
    ],
)
def test_a_body_is_taken_whole_if_it_is_there_and_its_length_known(wire: bytes, body: bytes | None) -> None:
    server = Connection(Role.SERVER)
    server.receive_data(wire)
    assert isinstance(server.next_event(), Request)
    assert server.next_whole() == body
    assert (server.their_state is State.DONE) is (body is not None)


def test_what_is_left_of_a_body_is_taken_whole_too() -> None:
    server = Connection(Role.SERVER)
    server.receive_data(POST[:-2])
    server.next_event()
    assert server.next_event() == Data(b"bo")
    server.receive_data(POST[-2:])
    assert server.next_whole() == b"dy"


@pytest.mark.parametrize("request_head", [GET, head("HEAD / HTTP/1.1", "Host: a.test"), head("GET / HTTP/1.0")])
@pytest.mark.parametrize(
    ("status", "lines", "body"),
    [
        (200, [LENGTH], b"body"),
        (200, [], b"body"),
        (200, [CHUNKED], b"body"),
        (200, [CHUNKED], b""),
        (200, [LENGTH, CLOSE], b"body"),
        (204, [], b""),
        (304, [LENGTH], b""),
    ],
)
def test_a_whole_response_is_written_as_its_events_are(
    request_head: bytes, status: int, lines: list[str], body: bytes
) -> None:
    if request_head.startswith(b"HEAD"):
        body = b""
    one, other = server_after(request_head), server_after(request_head)
    response = Response(status, headers(*lines))
    pieces = [*one.send(response), *(one.send(Data(body)) if body else []), *one.send(EndOfMessage())]
    assert b"".join(other.send_whole(response, body)) == b"".join(pieces)
    assert other.our_state is one.our_state


@pytest.mark.parametrize(("lines", "body"), [([LENGTH], b"no"), ([LENGTH], b"longer"), (["Content-Length: x"], b"")])
def test_a_whole_message_that_does_not_fit_its_head_is_not_sent(lines: list[str], body: bytes) -> None:
    server = server_after(GET)
    with pytest.raises(LocalProtocolError):
        server.send_whole(Response(200, headers(*lines)), body)
    assert server.our_state is State.ERROR
    with pytest.raises(LocalProtocolError, match="close the connection"):
        server.send_whole(Response(200, headers()), b"")


def test_a_whole_request_leads_to_its_response() -> None:
    client = Connection(Role.CLIENT)
    request = Request(b"PUT", b"/", headers("Host: a.test", LENGTH))
    assert b"".join(client.send_whole(request, b"body")).endswith(b"\r\n\r\nbody")
    client.receive_data(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert isinstance(client.next_event(), Response)
    assert client.next_whole() == b"ok"
    assert client.is_done


def test_nothing_is_whole_before_its_head() -> None:
    assert client_after().next_whole() is None
