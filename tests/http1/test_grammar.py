"""The expressions match what the RFCs allow, in one pass over the bytes."""

from __future__ import annotations

import re

import pytest

from devserve.http1 import grammar

TOKEN_BYTES = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
EVERY_BYTE = [bytes([number]) for number in range(256)]


def matched(pattern: re.Pattern[bytes]) -> bytes:
    return b"".join(byte for byte in EVERY_BYTE if pattern.fullmatch(byte))


def test_tokens_are_made_of_tchar() -> None:
    assert sorted(matched(grammar.TOKEN)) == sorted(TOKEN_BYTES)


def test_values_are_made_of_all_but_control_bytes() -> None:
    assert matched(grammar.FIELD_VALUE) == b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))


def test_targets_are_visible_ascii_without_the_fragment_mark() -> None:
    visible = bytes(range(0x21, 0x7F)).replace(b"#", b"")
    assert b"".join(filter(grammar.is_target, EVERY_BYTE)) == visible
    assert b"".join(byte for byte in EVERY_BYTE if re.fullmatch(grammar.TARGET_CHAR, byte)) == visible
    assert grammar.is_target(b"/a?b")
    assert not any(grammar.is_target(b"/a%bb" % byte) for byte in (b" ", b"#", b"\n", b"\xff"))
    assert not grammar.is_target(b"")


def test_control_bytes_are_what_values_may_not_hold() -> None:
    assert sorted(matched(grammar.CONTROL) + matched(grammar.FIELD_VALUE)) == list(range(256))


@pytest.mark.parametrize("pattern", [grammar.TOKEN, grammar.HOST, grammar.CONTENT_LENGTH])
def test_nothing_is_no_match(pattern: re.Pattern[bytes]) -> None:
    assert not pattern.fullmatch(b"")


@pytest.mark.parametrize("number", [0, 80, 9999, 10000, 59999, 64999, 65499, 65529, 65535, 65536, 66000, 70000, 100000])
def test_ports_end_at_65535(number: int) -> None:
    for pattern in (grammar.HOST, grammar.AUTHORITY_FORM):
        assert bool(pattern.fullmatch(b"a:%d" % number)) is (number <= 65535)


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        (b"A:b\r\n", (b"A", b"b")),
        (b"A: b\r\n", (b"A", b"b")),
        (b"A:\t b c\t \r\n", (b"A", b"b c")),
        (b"A:\r\n", (b"A", b"")),
        (b"A: \t \r\n", (b"A", b"")),
        (b"A:: b:c\r\n", (b"A", b": b:c")),
    ],
)
def test_fields_are_split_at_the_first_colon(line: bytes, pair: tuple[bytes, bytes]) -> None:
    assert grammar.FIELD.findall(line + line) == [pair, pair]


@pytest.mark.parametrize(
    ("pattern", "hostile"),
    [
        (grammar.FIELD_SECTION, lambda n: b"A: b\r\n" * n),
        (grammar.FIELD_SECTION, lambda n: b"A:" + b" " * n + b"\n\r\n"),
        (grammar.REQUEST_LINE, lambda n: b"G" * n),
        (grammar.STATUS_LINE, lambda n: b"HTTP/1.1 200 " + b" " * n + b"\n"),
        (grammar.CHUNK_LINE, lambda n: b"5" + b" ;a" * n + b" "),
        (grammar.CHUNK_LINE, lambda n: b'5;a="' + b'\\"' * n),
        (grammar.HOST, lambda n: b"a" * n + b":x"),
        (grammar.ABSOLUTE_FORM, lambda n: b"http://a/" + b"/?" * n + b"\n"),
    ],
)
def test_a_mismatch_is_found_without_backtracking(pattern: re.Pattern[bytes], hostile) -> None:
    """A pattern that tries all ways would take hours, and meet the test's deadline."""
    assert not pattern.fullmatch(hostile(500_000))
