"""What is written is read back as the same events, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devserve.errors import LocalProtocolError
from devserve.http1 import (
    Connection,
    Data,
    EndOfMessage,
    Event,
    Headers,
    InformationalResponse,
    Request,
    Response,
    Role,
)
from devserve.http1.framing import Delimiter
from devserve.http1.grammar import TOKEN
from devserve.http1.writers import ChunkedWriter, LengthWriter, body_writer, write_request, write_response
from support.wire import cut_at, headers, merged, received, sent

NONE = Headers()
TOKENS = st.lists(st.sampled_from([byte for byte in range(128) if TOKEN.fullmatch(bytes([byte]))]), min_size=1).map(
    bytes
)
VALUES = st.binary(max_size=12).map(lambda value: bytes(byte for byte in value if byte > 31 and byte != 127).strip())
# Names that mean nothing to the connection: what means something has cases of its own.
FIELDS = st.lists(st.tuples(TOKENS.map(b"X-".__add__), VALUES), max_size=4)
BODIES = st.lists(st.binary(min_size=1, max_size=40), max_size=3)


@st.composite
def messages(draw: st.DrawFn, first_lines: list[tuple[bytes, bytes]]) -> tuple[Headers, list[Event]]:
    """Fields and the events of a body, with either framing."""
    fields, body = Headers([*first_lines, *draw(FIELDS)]), draw(BODIES)
    if draw(st.booleans()):
        fields.add(b"Transfer-Encoding", b"chunked")
        end = EndOfMessage(Headers(draw(FIELDS)))
    else:
        fields.add(b"content-length", b"%d" % sum(map(len, body)))
        end = EndOfMessage()
    return fields, [*map(Data, body), end]


exchanges = st.tuples(
    TOKENS.filter(lambda method: method not in (b"HEAD", b"CONNECT")),
    messages([(b"Host", b"a.test")]),
    st.integers(200, 999).filter(lambda status: status not in (204, 304)),
    VALUES,
    messages([]),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(exchanges, st.lists(st.integers(0, 2000), max_size=4))
def test_an_exchange_arrives_as_it_was_sent(exchange, places: list[int]) -> None:
    method, (request_fields, request_body), status, reason, (response_fields, response_body) = exchange
    client, server = Connection(Role.CLIENT), Connection(Role.SERVER)
    request: list[Event] = [Request(method, b"/", request_fields), *request_body]
    assert received(server, cut_at(sent(client, *request), places)) == merged(request)
    response: list[Event] = [Response(status, response_fields, reason), *response_body]
    assert received(client, cut_at(sent(server, *response), places)) == merged(response)
    client.start_next_cycle()
    server.start_next_cycle()


def test_heads_are_written_in_our_version() -> None:
    request = Request(b"GET", b"/?a", headers("B: 1", "a:", "b: 2"), b"1.0")
    assert write_request(request) == b"GET /?a HTTP/1.1\r\nB: 1\r\na: \r\nb: 2\r\n\r\n"
    assert write_response(Response(200, NONE, b"OK", b"1.0")) == b"HTTP/1.1 200 OK\r\n\r\n"
    assert write_response(InformationalResponse(100, NONE)) == b"HTTP/1.1 100 \r\n\r\n"


def test_chunks_surround_the_given_object() -> None:
    data = b"0123456789abcdef"
    pieces = ChunkedWriter().data(data)
    assert pieces == [b"10\r\n", data, b"\r\n"]
    assert pieces[1] is data


def test_no_data_is_no_chunk() -> None:
    assert ChunkedWriter().data(b"") == []


def test_trailers_follow_the_last_chunk() -> None:
    assert ChunkedWriter().end(NONE) == [b"0\r\n\r\n"]
    assert ChunkedWriter().end(headers("ETag: a", "X: b")) == [b"0\r\nETag: a\r\nX: b\r\n\r\n"]


@pytest.mark.parametrize("length", [3, Delimiter.CLOSE])
def test_trailers_are_dropped_without_chunks(length: int | Delimiter) -> None:
    writer = body_writer(length)
    assert (writer.data(b"abc"), writer.data(b"")) == ([b"abc"], [])
    assert writer.end(headers("ETag: a")) == []


def test_a_length_is_kept() -> None:
    with pytest.raises(LocalProtocolError, match="2 bytes longer"):
        LengthWriter(1).data(b"abc")
    writer = LengthWriter(5)
    writer.data(b"abc")
    with pytest.raises(LocalProtocolError, match="2 bytes shorter"):
        writer.end(NONE)
