"""Bodies are read as their framing says, and what breaks it is refused at once."""

from __future__ import annotations

import pytest

from devserve.errors import RemoteProtocolError
from devserve.http1.buffer import ReceiveBuffer
from devserve.http1.events import ConnectionClosed, Data, EndOfMessage, Event
from devserve.http1.framing import BodyLength, Delimiter
from devserve.http1.limits import DEFAULT_LIMITS, Limits
from devserve.http1.readers import (
    FORBIDDEN_TRAILERS,
    SILENCE,
    ChunkedReader,
    Reader,
    body_reader,
    chunk_size,
    parse_trailers,
)
from support.wire import headers

BODIES: list[tuple[BodyLength, bytes, bytes]] = [
    (0, b"", b""),
    (5, b"hello", b"hello"),
    (Delimiter.CHUNKED, b"0\r\n\r\n", b""),
    (Delimiter.CHUNKED, b"5\r\nhello\r\n1;a\r\n!\r\n0\r\nX-A: 1\r\n\r\n", b"hello!"),
]


def events(reader: Reader, buffer: ReceiveBuffer) -> list[Event]:
    found: list[Event] = []
    while event := reader.read(buffer):
        found.append(event)
        if isinstance(event, EndOfMessage):
            break
    return found


def data_of(found: list[Event]) -> bytes:
    return b"".join(event.data for event in found if isinstance(event, Data))


@pytest.mark.parametrize(("length", "wire", "body"), BODIES)
def test_bodies_do_not_depend_on_the_cut(length: BodyLength, wire: bytes, body: bytes) -> None:
    for cut in range(len(wire) + 1):
        reader, buffer, found = body_reader(length, DEFAULT_LIMITS), ReceiveBuffer(), list[Event]()
        for piece in filter(None, (wire[:cut], wire[cut:] + b"next")):
            buffer.append(piece)
            if not found or not isinstance(found[-1], EndOfMessage):
                found += events(reader, buffer)
        assert data_of(found) == body
        assert isinstance(found[-1], EndOfMessage)
        assert bytes(buffer) == b"next"


@pytest.mark.parametrize(("length", "wire", "body"), BODIES)
def test_a_body_cut_off_is_refused(length: BodyLength, wire: bytes, body: bytes) -> None:
    for cut in range(len(wire)):
        reader, buffer = body_reader(length, DEFAULT_LIMITS), ReceiveBuffer()
        if cut:
            buffer.append(wire[:cut])
        events(reader, buffer)
        with pytest.raises(RemoteProtocolError, match="closed"):
            reader.end(buffer)


def test_a_cut_off_length_says_how_much_came() -> None:
    reader, buffer = body_reader(5, DEFAULT_LIMITS), ReceiveBuffer()
    buffer.append(b"abc")
    events(reader, buffer)
    with pytest.raises(RemoteProtocolError, match="after 3 of 5 bytes"):
        reader.end(buffer)


def test_a_body_until_the_end_is_everything() -> None:
    reader, buffer = body_reader(Delimiter.CLOSE, DEFAULT_LIMITS), ReceiveBuffer()
    assert reader.read(buffer) is None
    buffer.append(b"0\r\n\r\n")
    assert reader.read(buffer) == Data(b"0\r\n\r\n")
    assert reader.end(buffer) == EndOfMessage()


def test_silence_takes_only_the_end() -> None:
    buffer = ReceiveBuffer()
    assert SILENCE.read(buffer) is None
    assert SILENCE.end(buffer) == ConnectionClosed()
    buffer.append(b"a")
    with pytest.raises(RemoteProtocolError, match="no part of any message"):
        SILENCE.read(buffer)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        (b"0", 0),
        (b"a", 10),
        (b"FfF", 4095),
        (b"0000000000000005", 5),
        (b"7fffffffffffffff", 2**63 - 1),
        (b"1;a=b;c", 1),
    ],
)
def test_chunk_sizes(line: bytes, size: int) -> None:
    assert chunk_size(line + b"\r\n") == size


def test_chunk_lines_have_a_limit() -> None:
    for length, accepted in [(256, True), (257, False)]:
        buffer = ReceiveBuffer()
        buffer.append(b"1;" + b"a" * (length - 4) + b"\r\nx")
        if accepted:
            assert ChunkedReader(DEFAULT_LIMITS).read(buffer) == Data(b"x")
        else:
            with pytest.raises(RemoteProtocolError, match="longer than 256"):
                ChunkedReader(DEFAULT_LIMITS).read(buffer)


@pytest.mark.parametrize("name", [*sorted(FORBIDDEN_TRAILERS), b"x-forwarded-proto"])
def test_trailers_that_may_not_come_late_are_dropped(name: bytes) -> None:
    section = name.title() + b": a\r\nETag: b\r\n\r\n"
    assert parse_trailers(section, DEFAULT_LIMITS) == headers("ETag: b")


def test_trailers_are_bounded() -> None:
    for fields, accepted in [(2, True), (3, False)]:
        if accepted:
            assert len(parse_trailers(b"X: 1\r\n" * fields + b"\r\n", Limits(fields=2))) == 2
        else:
            with pytest.raises(RemoteProtocolError, match="more than 2 trailers"):
                parse_trailers(b"X: 1\r\n" * fields + b"\r\n", Limits(fields=2))
