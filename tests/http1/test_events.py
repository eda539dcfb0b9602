"""Events are values, and the same ones that other implementations find in the same bytes."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devserve.errors import LocalProtocolError
from devserve.http1 import END, NEED_DATA, PAUSED, EndOfMessage, Request
from support.oracles import by_h11, by_httptools, h11_requests, joined, our_requests, plain
from support.wire import cut_at, head, headers, received
from support.wire_cases import ACCEPTED, HOST, REQUESTS, WireCase
from support.wire_refusals import REFUSED

MANY_CUTS = 300  # of the few long messages not every cut is tried
SECOND = head("GET /second HTTP/1.1", HOST)
INTERESTING = [
    b"\r",
    b"\n",
    b"\r\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b",",
    b";",
    b"0",
    b"1",
    b"5",
    b"a",
    b"#",
    b"\xff",
    b"chunked",
]
INTERESTING += [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n"]


def cuts(case: WireCase) -> list[list[bytes]]:
    step = 1 + len(case.wire) // MANY_CUTS
    return [cut_at(case.wire, [place]) for place in range(0, len(case.wire), step)]


def ours(case: WireCase, pieces: list[bytes]) -> list[tuple[object, ...]]:
    return joined(map(plain, received(case.reader(), pieces, end=case.until_close)))


@pytest.mark.parametrize("case", [case for case in ACCEPTED if case.h11], ids=lambda case: case.name)
def test_h11_finds_the_same_events_at_every_cut(case: WireCase) -> None:
    for pieces in cuts(case):
        asked = b"" if case.is_request else case.method
        assert ours(case, pieces) == by_h11(pieces, case.until_close, asked, list(headers(*case.options)))


@pytest.mark.parametrize("case", [case for case in ACCEPTED if case.httptools], ids=lambda case: case.name)
def test_llhttp_finds_the_same_events_at_every_cut(case: WireCase) -> None:
    for pieces in cuts(case):
        assert ours(case, pieces) == by_httptools(pieces, case.is_request)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Messages that were accepted or refused, with a few bytes changed, in front of a second request."""
    originals = [case.wire for case in [*REQUESTS, *REFUSED] if len(case.wire) < 500]
    wire = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(wire)))
        removed = draw(st.integers(0, 2))
        wire[place : place + removed] = draw(st.sampled_from([b"", *INTERESTING]))
    return bytes(wire) + SECOND


@settings(max_examples=200, deadline=None, derandomize=True)
@given(mutations(), st.lists(st.integers(0, 600), max_size=3))
@example(head("POST / HTTP/1.1", HOST, "Content-Length: 0, 5", "Content-Length: 0") + b"hello" + SECOND, [])
def test_mutated_messages_are_refused_or_understood_as_h11_does(wire: bytes, places: list[int]) -> None:
    found, refused = our_requests([wire])
    theirs, h11_refused = h11_requests(wire)
    assert our_requests(cut_at(wire, places)) == (found, refused)
    if not refused and not h11_refused:
        assert without_trailers(found) == without_trailers(theirs)[: len(found)]  # h11 goes on after CONNECT
    elif not h11_refused:
        assert requests(found) <= requests(theirs)


def without_trailers(events: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [event[:1] if event[0] == "end" else event for event in events]


def requests(events: list[tuple[object, ...]]) -> int:
    return sum(event[0] == "request" for event in events)


def test_equal_events_are_equal_values() -> None:
    assert Request(b"GET", b"/", headers(HOST)) == Request(b"GET", b"/", headers(HOST), b"1.1")
    assert Request(b"GET", b"/", headers(HOST)) != Request(b"GET", b"/", headers())


def test_each_end_has_trailers_of_its_own() -> None:
    end = EndOfMessage()
    end.trailers.add(b"X-A", b"1")
    assert EndOfMessage() == EndOfMessage(headers())


def test_the_shared_end_takes_no_trailers() -> None:
    assert EndOfMessage() == END
    with pytest.raises(LocalProtocolError, match="copy"):
        END.trailers.add(b"X-A", b"1")


def test_signals_say_what_to_do() -> None:
    assert (repr(NEED_DATA), repr(PAUSED)) == ("<Signal.NEED_DATA: 'need data'>", "<Signal.PAUSED: 'paused'>")
