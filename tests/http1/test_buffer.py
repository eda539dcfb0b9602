"""Received bytes are kept, cut and searched without copies and without searching twice."""

from __future__ import annotations

import pytest

from devserve.http1 import NEED_DATA, Connection, Limits, Role
from devserve.http1.buffer import ReceiveBuffer


def buffer_of(*pieces: bytes) -> ReceiveBuffer:
    buffer = ReceiveBuffer()
    for piece in pieces:
        buffer.append(piece)
    return buffer


def test_takes_the_received_object_itself() -> None:
    piece = b"hello"
    assert buffer_of(piece).take(5) is piece
    assert buffer_of(piece).take(99) is piece


def test_takes_the_next_object_itself_after_the_first() -> None:
    first, second = b"hello", b"world"
    buffer = buffer_of(first)
    buffer.take(5)
    buffer.append(second)
    assert buffer.take(5) is second


def test_joins_what_came_in_pieces() -> None:
    buffer = buffer_of(b"ab", b"cd", b"ef")
    assert (len(buffer), bytes(buffer)) == (6, b"abcdef")
    assert (buffer.take(3), buffer.take(3), buffer.take(3)) == (b"abc", b"def", b"")


def test_appends_behind_what_was_partly_taken() -> None:
    buffer = buffer_of(b"abc")
    assert buffer.take(1) == b"a"
    buffer.append(b"d")
    assert buffer.take(2) == b"bc"
    buffer.append(b"e")
    assert bytes(buffer) == b"de"


@pytest.mark.parametrize(
    ("pieces", "answer"), [([b""], None), ([b"\r"], None), ([b"\r", b"\n"], True), ([b"a"], False)]
)
def test_starts_with_knows_what_it_cannot_know_yet(pieces: list[bytes], answer: bool | None) -> None:
    assert buffer_of(*pieces).starts_with(b"\r\n") is answer


def test_line_length_counts_the_crlf_and_obeys_the_limit() -> None:
    buffer = buffer_of(b"xabc\r\nd\r\n")
    buffer.take(1)
    assert (buffer.line_length(5), buffer.line_length(4)) == (5, None)


def test_a_section_is_taken_within_the_limit_and_no_byte_is_searched_twice() -> None:
    buffer = buffer_of(b"a\r\nb\r\n\r")
    assert buffer.take_section(100) is None
    assert not buffer.is_hopeless()
    buffer.append(b"\nrest")
    assert buffer.take_section(7) is None
    assert buffer.take_section(8) == b"a\r\nb\r\n\r\n"
    assert bytes(buffer) == b"rest"


def test_the_memory_of_a_search_survives_a_partial_take() -> None:
    buffer = buffer_of(b"12345678a\r\n\r")
    assert not buffer.is_hopeless()
    buffer.take(8)
    buffer.append(b"\n")
    assert buffer.take_section(100) == b"a\r\n\r\n"


@pytest.mark.parametrize("section", [b"a\nb", b"\nb", b"a\rb", b"a\0", b"a\x7f", b"\r\r\n"])
def test_a_section_is_hopeless_wherever_it_is_cut(section: bytes) -> None:
    for cut in range(len(section) + 1):
        buffer, hopeless = ReceiveBuffer(), False
        for piece in (section[:cut], section[cut:]):
            if piece:
                buffer.append(piece)
                hopeless = hopeless or buffer.is_hopeless()
        assert hopeless


def test_single_bytes_do_not_take_time_in_proportion_to_their_squares() -> None:
    """With a new look at all that came for each byte this would take minutes, and meet the test's deadline."""
    connection = Connection(Role.SERVER, Limits(head=2**20))
    for byte in b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000:
        connection.receive_data(byte.to_bytes(1, "big"))
        assert connection.next_event() is NEED_DATA
