"""Connections at the level of bytes: each case whole, byte by byte and with trailing bytes, in both directions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devserve.errors import LocalProtocolError, RemoteProtocolError
from devserve.http1 import (
    NEED_DATA,
    PAUSED,
    Connection,
    ConnectionClosed,
    Data,
    EndOfMessage,
    InformationalResponse,
    Limits,
    Request,
    Response,
    Role,
    State,
)
from support.wire import byte_by_byte, client_after, head, headers, merged, passed, received, sent, server_after, whole
from support.wire_cases import ACCEPTED, HOST, WireCase
from support.wire_refusals import REFUSED, Refusal

GET = head("GET / HTTP/1.1", HOST)
UPGRADE = ("Connection: upgrade", "Upgrade: websocket")
TRAILING = b"\x00\xff trailing"
END = EndOfMessage()
NO_BODY = Response(200, headers("Content-Length: 0"))

named = pytest.mark.parametrize("cut", [whole, byte_by_byte])


def case_name(case: WireCase | Refusal) -> str:
    return case.name


@named
@pytest.mark.parametrize("case", ACCEPTED, ids=case_name)
def test_reads(case: WireCase, cut: Callable[[bytes], list[bytes]]) -> None:
    events = received(case.reader(), cut(case.wire), end=case.until_close)
    assert events == [*merged(case.events), *([ConnectionClosed()] if case.until_close else [])]


@pytest.mark.parametrize("case", [case for case in ACCEPTED if not case.until_close], ids=case_name)
def test_leaves_what_follows_the_message(case: WireCase) -> None:
    reader = case.reader()
    assert received(reader, [case.wire + TRAILING]) == merged(case.events)
    assert reader.trailing_data == (TRAILING, False)


@pytest.mark.parametrize("case", [case for case in ACCEPTED if case.written], ids=case_name)
def test_writes(case: WireCase) -> None:
    assert sent(case.writer(), *case.events) == case.wire


@named
@pytest.mark.parametrize("case", REFUSED, ids=case_name)
def test_refuses(case: Refusal, cut: Callable[[bytes], list[bytes]]) -> None:
    from_server = case.status == 502
    reader = client_after(case.method) if from_server else Connection(Role.SERVER)
    with pytest.raises(RemoteProtocolError) as refusal:
        received(reader, cut(case.wire), end=case.end)
    assert refusal.value.status == case.status
    assert reader.their_state is State.ERROR


def test_refuses_again_after_an_error() -> None:
    server = Connection(Role.SERVER)
    for _ in range(2):
        with pytest.raises(RemoteProtocolError):
            received(server, [b"\x16" + GET])


def test_answers_an_error_and_closes() -> None:
    server = Connection(Role.SERVER)
    with pytest.raises(RemoteProtocolError):
        received(server, [b"GET / HTTP/1.1\r\n\r\n"])
    answer = sent(server, Response(400, headers("Content-Length: 0"), b"Bad Request"), END)
    assert answer == head("HTTP/1.1 400 Bad Request", "Content-Length: 0", "Connection: close")
    assert server.our_state is State.MUST_CLOSE


def test_answers_a_request_that_never_came_and_closes() -> None:
    server = Connection(Role.SERVER)
    server.receive_data(b"GET / HT")
    assert server.next_event() is NEED_DATA
    assert b"Connection: close" in sent(server, Response(408, headers("Content-Length: 0")), END)
    assert server.our_state is State.MUST_CLOSE


def test_a_timeout_between_requests_closes_too() -> None:
    server = server_after(GET)
    sent(server, NO_BODY, END)
    server.start_next_cycle()
    assert b"Connection: close" in sent(server, Response(408, headers("Content-Length: 0")), END)


def test_refuses_a_request_after_the_last_response() -> None:
    server = Connection(Role.SERVER)
    sent(server, NO_BODY, END)
    with pytest.raises(RemoteProtocolError):
        received(server, [GET])


def test_several_exchanges_on_one_connection() -> None:
    client, server = Connection(Role.CLIENT), Connection(Role.SERVER)
    for number in range(3):
        request = Request(b"POST", b"/%d" % number, headers(HOST, "Content-Length: 2"))
        assert passed(client, server, request, Data(b"hi"), END) == [request, Data(b"hi"), END]
        response = Response(200, headers("Transfer-Encoding: chunked"), b"OK")
        assert passed(server, client, response, Data(b"a"), END) == [response, Data(b"a"), END]
        client.start_next_cycle()
        server.start_next_cycle()


def test_a_pipelined_request_waits() -> None:
    server = Connection(Role.SERVER)
    assert len(received(server, [GET + GET])) == 2
    assert server.next_event() is PAUSED
    sent(server, NO_BODY, END)
    server.start_next_cycle()
    assert len(received(server, [])) == 0
    assert isinstance(server.next_event(), Request)


@pytest.mark.parametrize("line", ["Connection: close", "Connection: x, Close"])
def test_either_side_can_end_the_connection(line: str) -> None:
    asked = server_after(head("GET / HTTP/1.1", HOST, line))
    assert b"Connection: close" in sent(asked, NO_BODY, END)
    asking = server_after(GET)
    sent(asking, Response(200, headers("Content-Length: 0", line)), END)
    for server in (asked, asking):
        assert server.our_state is server.their_state is State.MUST_CLOSE
        with pytest.raises(LocalProtocolError):
            server.start_next_cycle()


@pytest.mark.parametrize("line", ["X-A: 1", "Connection: keep-alive"])
def test_http_1_0_ends_the_connection(line: str) -> None:
    server = server_after(head("GET / HTTP/1.0", line))
    assert sent(server, Response(200, headers()), Data(b"a"), END) == head("HTTP/1.1 200 ", "Connection: close") + b"a"
    client = client_after()
    received(client, [head("HTTP/1.0 200 OK", "Content-Length: 0", line)])
    assert server.our_state is client.our_state is State.MUST_CLOSE


def test_half_closed_client_gets_its_response() -> None:
    server = server_after(GET)
    assert received(server, [], end=True) == [ConnectionClosed()]
    assert server.next_event() == ConnectionClosed()
    assert b"Connection: close" in sent(server, NO_BODY, END)
    assert server.our_state is State.MUST_CLOSE


@pytest.mark.parametrize("before", [b"", b"\r\n"])
def test_a_client_may_leave_between_requests(before: bytes) -> None:
    server = Connection(Role.SERVER)
    assert received(server, whole(before), end=True) == [ConnectionClosed()]
    assert server.our_state is State.MUST_CLOSE


def test_refuses_bytes_from_a_server_that_was_asked_nothing() -> None:
    client = Connection(Role.CLIENT)
    with pytest.raises(RemoteProtocolError) as refusal:
        received(client, [head("HTTP/1.1 408 Request Timeout")])
    assert refusal.value.status == 502


def test_an_idle_server_may_leave() -> None:
    client = Connection(Role.CLIENT)
    assert received(client, [], end=True) == [ConnectionClosed()]
    assert client.our_state is State.MUST_CLOSE


@pytest.mark.parametrize(
    ("method", "response"),
    [
        (b"GET", head("HTTP/1.1 200 OK", "Content-Length: 1") + b"ab"),
        (b"HEAD", head("HTTP/1.1 200 OK", "Content-Length: 1") + b"a"),
        (b"GET", head("HTTP/1.1 204 No Content") + b"a"),
        (b"GET", head("HTTP/1.1 304 Not Modified") + b"a"),
        (b"GET", head("HTTP/1.1 200 OK", "Content-Length: 9", "Transfer-Encoding: chunked") + b"0\r\n\r\n"),
        (b"GET", head("HTTP/1.1 200 OK", "Connection: close", "Content-Length: 0")),
    ],
)
def test_abnormal_responses_are_the_last_of_their_connection(method: bytes, response: bytes) -> None:
    client = client_after(method)
    assert received(client, [response])[-1] == END
    assert client.our_state is client.their_state is State.MUST_CLOSE


def test_a_response_until_the_end_is_the_last_as_soon_as_it_ends() -> None:
    client = client_after()
    received(client, [head("HTTP/1.1 200 OK")])
    client.receive_data(b"")
    assert client.next_event() == END
    assert client.our_state is client.their_state is State.MUST_CLOSE


def test_interim_responses_are_counted_for_each_request() -> None:
    client = Connection(Role.CLIENT, Limits(interim=1))
    for _ in range(2):
        sent(client, Request(b"GET", b"/", headers(HOST)), END)
        received(client, [head("HTTP/1.1 103 Early Hints") + head("HTTP/1.1 204 No Content")])
        client.start_next_cycle()


def test_bytes_after_the_response_prevent_the_next_request() -> None:
    client = client_after()
    received(client, [head("HTTP/1.1 200 OK", "Content-Length: 0")])
    client.receive_data(b"x")
    with pytest.raises(LocalProtocolError, match="1 bytes after its response"):
        client.start_next_cycle()


def test_upgrade_switches_both_sides() -> None:
    client, server = Connection(Role.CLIENT), Connection(Role.SERVER)
    passed(client, server, Request(b"GET", b"/", headers(HOST, *UPGRADE)), END)
    assert client.our_state is server.their_state is State.MIGHT_SWITCH_PROTOCOL
    server.receive_data(b"early frame")
    assert server.next_event() is PAUSED
    passed(server, client, InformationalResponse(101, headers(*UPGRADE)))
    assert {client.our_state, client.their_state, server.our_state, server.their_state} == {State.SWITCHED_PROTOCOL}
    assert server.trailing_data == (b"early frame", False)
    assert client.next_event() is PAUSED


def test_a_server_switches_to_nothing_that_was_not_offered() -> None:
    client = client_after(b"GET", *UPGRADE)
    client.receive_data(head("HTTP/1.1 101 Switching Protocols", "Connection: upgrade", "Upgrade: other"))
    with pytest.raises(RemoteProtocolError, match="did not offer"):
        client.next_event()


def test_refused_upgrade_is_an_ordinary_exchange() -> None:
    client, server = Connection(Role.CLIENT), Connection(Role.SERVER)
    passed(client, server, Request(b"GET", b"/", headers(HOST, *UPGRADE)), END)
    passed(server, client, NO_BODY, END)
    client.start_next_cycle()
    server.start_next_cycle()


@pytest.mark.parametrize(
    "request_head",
    [
        head("GET / HTTP/1.1", HOST, "Upgrade: websocket"),
        head("GET / HTTP/1.1", HOST, "Upgrade: websocket", "Connection: x"),
        head("GET / HTTP/1.1", HOST, "Connection: upgrade"),
        head("GET / HTTP/1.0", HOST, *UPGRADE),
    ],
)
def test_nothing_but_an_upgrade_can_be_switched(request_head: bytes) -> None:
    server = server_after(request_head)
    assert server.their_state is not State.MIGHT_SWITCH_PROTOCOL
    with pytest.raises(LocalProtocolError):
        server.send(InformationalResponse(101, headers(*UPGRADE)))


def test_upgrade_with_a_body_is_not_sent() -> None:
    with pytest.raises(LocalProtocolError, match="with a body"):
        Connection(Role.CLIENT).send(Request(b"GET", b"/", headers(HOST, *UPGRADE, "Content-Length: 1")))


def test_waiting_for_100_continue_ends_with_100_or_the_body_or_the_response() -> None:
    expecting = head("PUT / HTTP/1.1", HOST, "Content-Length: 2", "Expect: 100-Continue")
    server = server_after(expecting)
    assert server.they_are_waiting_for_100_continue
    server.send(InformationalResponse(103, headers()))
    assert server.they_are_waiting_for_100_continue
    assert server.send(InformationalResponse(100, headers(), b"Continue")) == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    assert not server.they_are_waiting_for_100_continue
    with_body, answered = server_after(expecting + b"a"), server_after(expecting)
    (said,) = answered.send(NO_BODY)
    assert b"Connection: close" in said  # whether a body comes now is the client's choice
    assert not with_body.they_are_waiting_for_100_continue
    assert not answered.they_are_waiting_for_100_continue


def test_http_1_0_never_gets_an_interim_response() -> None:
    server = server_after(head("PUT / HTTP/1.0", "Expect: 100-continue", "Content-Length: 2"))
    assert not server.they_are_waiting_for_100_continue
    assert server.send(InformationalResponse(103, headers())) == []


def test_early_response_while_the_request_is_being_sent() -> None:
    client = Connection(Role.CLIENT)
    client.send(Request(b"POST", b"/", headers(HOST, "Content-Length: 9")))
    events = received(client, [head("HTTP/1.1 413 Too Large", "Content-Length: 0")])
    assert [type(event) for event in events] == [Response, EndOfMessage]
    assert (client.our_state, client.their_state) == (State.SEND_BODY, State.DONE)


def test_the_body_is_the_received_object() -> None:
    server = server_after(head("POST / HTTP/1.1", HOST, "Content-Length: 9"))
    piece = b"12345"
    server.receive_data(piece)
    event = server.next_event()
    assert isinstance(event, Data)
    assert event.data is piece


def test_the_body_is_sent_as_the_given_object() -> None:
    data = b"12345"
    chunked = server_after(GET)
    chunked.send(Response(200, headers()))
    assert [piece is data for piece in chunked.send(Data(data))] == [False, True, False]
    plain = server_after(GET)
    plain.send(Response(200, headers("Content-Length: 5")))
    assert plain.send(Data(data))[0] is data


def test_events_out_of_turn_are_not_sent() -> None:
    server = server_after(GET)
    with pytest.raises(LocalProtocolError, match="cannot send Data"):
        server.send(Data(b"a"))
    assert server.our_state is State.ERROR
    with pytest.raises(LocalProtocolError, match="after a failure"):
        server.send(NO_BODY)


def test_send_failed_ends_our_side() -> None:
    server = server_after(GET)
    server.send_failed()
    assert server.our_state is State.ERROR


def test_closing_is_an_event_without_bytes() -> None:
    client = Connection(Role.CLIENT)
    assert client.send(ConnectionClosed()) == []
    assert client.our_state is State.CLOSED


def test_data_after_the_end_is_a_mistake_of_the_caller() -> None:
    server = Connection(Role.SERVER)
    server.receive_data(b"")
    with pytest.raises(LocalProtocolError):
        server.receive_data(b"a")


def test_limits_are_arguments() -> None:
    client = Connection(Role.CLIENT, Limits(interim=0))
    sent(client, Request(b"GET", b"/", headers(HOST)), END)
    with pytest.raises(RemoteProtocolError, match="more than 0 interim"):
        received(client, [head("HTTP/1.1 100 Continue")])


def test_repr_is_one_line_with_both_states() -> None:
    server = server_after(GET)
    server.receive_data(b"abc")
    assert repr(server) == "<Connection server SEND_RESPONSE, client DONE, 3 bytes waiting>"
    assert server.their_http_version == b"1.1"
