"""Headers keep order and spelling, are found in any spelling, and take only what may be sent."""

from __future__ import annotations

import pytest

from devserve.errors import LocalProtocolError
from devserve.http1 import Headers

LINES = [(b"Host", b"a.test"), (b"Set-Cookie", b"a=1"), (b"X-A", b""), (b"SET-cookie", b"b=2")]


def looked_up(headers: Headers) -> Headers:
    """Return the headers after a lookup, when their index must be kept up to date."""
    assert b"nothing" not in headers
    return headers


@pytest.fixture(params=["fresh", "looked up"])
def headers(request: pytest.FixtureRequest) -> Headers:
    return Headers(LINES) if request.param == "fresh" else looked_up(Headers(LINES))


def test_iterates_over_the_lines_as_they_are(headers: Headers) -> None:
    assert list(headers) == LINES
    assert len(headers) == 4


def test_finds_names_in_any_spelling(headers: Headers) -> None:
    assert headers.first(b"set-cookie") == b"a=1"
    assert headers.all(b"set-cookie") == [b"a=1", b"b=2"]
    assert headers.first(b"x-a") == b""
    assert b"host" in headers
    assert headers.first(b"x-b") is None
    assert headers.all(b"x-b") == []


def test_adds_at_the_end(headers: Headers) -> None:
    headers.add(b"X-a", b"c")
    assert list(headers) == [*LINES, (b"X-a", b"c")]
    assert headers.all(b"x-a") == [b"", b"c"]


def test_replaces_where_the_first_line_stood(headers: Headers) -> None:
    headers.replace(b"set-cookie", b"c=3")
    assert list(headers) == [LINES[0], (b"Set-Cookie", b"c=3"), LINES[2]]
    assert headers.all(b"set-cookie") == [b"c=3"]


def test_replaces_nothing_by_adding(headers: Headers) -> None:
    headers.replace(b"X-B", b"1")
    assert list(headers) == [*LINES, (b"X-B", b"1")]
    assert headers.first(b"x-b") == b"1"


def test_removes_all_lines_of_a_name(headers: Headers) -> None:
    headers.remove(b"Set-Cookie")
    headers.remove(b"x-b")
    assert list(headers) == [LINES[0], LINES[2]]
    assert b"set-cookie" not in headers


def test_a_copy_changes_alone(headers: Headers) -> None:
    copied = headers.copy()
    copied.add(b"X-A", b"c")
    copied.remove(b"host")
    assert list(headers) == LINES
    assert headers.all(b"x-a") == [b""]
    assert b"host" in headers


def test_frozen_headers_refuse_every_change(headers: Headers) -> None:
    assert headers.freeze() is headers
    for change in (
        lambda: headers.add(b"X", b""),
        lambda: headers.replace(b"host", b""),
        lambda: headers.remove(b"x-a"),
    ):
        with pytest.raises(LocalProtocolError, match="copy"):
            change()
    assert list(headers) == LINES
    assert not headers.copy().is_frozen


def test_a_block_is_all_lines_as_they_are_sent(headers: Headers) -> None:
    assert headers.block == b"Host: a.test\r\nSet-Cookie: a=1\r\nX-A: \r\nSET-cookie: b=2\r\n"
    headers.remove(b"set-cookie")
    assert headers.block == b"Host: a.test\r\nX-A: \r\n"


def test_what_others_made_of_the_fields_is_forgotten_when_they_change(headers: Headers) -> None:
    headers.forms["copy"] = headers.copy()
    headers.remove(b"nothing")
    assert "copy" in headers.forms
    headers.add(b"X", b"")
    assert headers.forms == {}


def test_finds_what_is_not_there_and_leaves_lines_out(headers: Headers) -> None:
    assert headers.has_none_of(frozenset({b"x-b", b"cookie"}))
    assert not headers.has_none_of(frozenset({b"set-cookie"}))
    assert list(headers.without(frozenset({b"set-cookie"}))) == [LINES[0], LINES[2]]


def test_tokens_are_the_elements_of_all_lines_in_lower_case() -> None:
    headers = Headers([(b"Connection", b"Keep-Alive,, Upgrade"), (b"connection", b"\tX \t"), (b"X-A", b"")])
    assert headers.tokens(b"connection") == [b"keep-alive", b"upgrade", b"x"]
    assert headers.tokens(b"x-a") == headers.tokens(b"x-b") == []


def test_equal_means_the_same_lines_in_order_and_spelling() -> None:
    assert Headers(LINES) == looked_up(Headers(LINES))
    assert Headers(LINES) != Headers(LINES[::-1])
    assert Headers([(b"A", b"")]) != Headers([(b"a", b"")])
    assert Headers(LINES) != LINES


@pytest.mark.parametrize("name", [b"", b"X A", b"X:", b"X\r\n", b"X\n", b"\xe4", b"X\0", b"(X)"])
def test_refuses_names_that_are_no_token(name: bytes) -> None:
    with pytest.raises(LocalProtocolError, match="is not a field name"):
        Headers().add(name, b"")


@pytest.mark.parametrize("value", [b"a\r\nX-B: 1", b"\n", b"a\r", b"\0", b"\x01", b"\x0b", b"\x7f"])
@pytest.mark.parametrize("headers", [Headers(), Headers([(b"X-A", b"")])])
def test_refuses_values_that_could_end_the_line(headers: Headers, value: bytes) -> None:
    for change in (headers.add, headers.replace):
        with pytest.raises(LocalProtocolError, match="the value of X-A"):
            change(b"X-A", value)
    with pytest.raises(LocalProtocolError, match="the value of X-A"):
        Headers([(b"X-A", value)])


def test_accepts_tabs_and_bytes_beyond_ascii_in_values() -> None:
    assert Headers([(b"X-A", b"a\tb \xff")]).first(b"x-a") == b"a\tb \xff"


def test_repr_shows_names_but_no_values() -> None:
    assert repr(Headers([(b"Host", b"a.test"), (b"Cookie", b"secret")])) == "<Headers Host, Cookie>"
