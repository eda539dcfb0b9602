"""What a head says about its message and connection, worked out once for the same fields."""

from __future__ import annotations

import pytest

from devserve.errors import RemoteProtocolError
from devserve.http1 import Headers
from devserve.http1.facts import content_length, facts_of, is_plain
from support.wire import headers
from support.wire_refusals import LENGTHS, TOO_LARGE_LENGTHS

LENGTH, CODING = "Content-Length: 7", "Transfer-Encoding: chunked"


def test_facts_are_worked_out_once_until_the_fields_change() -> None:
    fields = headers("Host: a.test", LENGTH)
    facts = facts_of(fields)
    assert facts_of(fields) is facts
    fields.replace(b"content-length", b"8")
    assert facts_of(fields).length == 8


@pytest.mark.parametrize(
    ("lines", "usual"),
    [
        (["Host: a.test", LENGTH], True),
        (["Connection: keep-alive", "Keep-Alive: timeout=5"], True),
        (["Connection: x, close"], False),
        (["Upgrade: h2c"], False),
        (["Expect: 100-continue"], False),
        ([CODING], False),
    ],
)
def test_most_heads_are_usual(lines: list[str], usual: bool) -> None:
    assert facts_of(headers(*lines)).is_usual is usual


@pytest.mark.parametrize(
    ("lines", "one"), [([], False), (["Host: a"], True), (["Host: a", "host: a"], False), (["Host: a b"], False)]
)
def test_a_request_has_one_host(lines: list[str], one: bool) -> None:
    assert facts_of(headers(*lines)).has_one_host is one


@pytest.mark.parametrize(
    ("lines", "plain"),
    [
        ([], True),
        ([LENGTH], True),
        ([CODING], True),
        ([LENGTH, CODING], False),
        ([LENGTH, LENGTH], False),
        (["Content-Length: 7, 7"], False),
        (["Transfer-Encoding: Chunked"], False),
        ([CODING, CODING], False),
    ],
)
def test_plain_framing_is_never_rewritten(lines: list[str], plain: bool) -> None:
    assert is_plain(headers(*lines)) is plain


@pytest.mark.parametrize(
    "lines", [["content-length: 7", LENGTH], ["content-length: 7,7"], ["content-length: 7 ,\t7", LENGTH]]
)
def test_a_length_that_is_repeated_becomes_one_line(lines: list[str]) -> None:
    repeated = headers(*lines)
    assert content_length(repeated) == 7
    assert repeated == headers("content-length: 7")


@pytest.mark.parametrize("value", [*LENGTHS, *TOO_LARGE_LENGTHS])
def test_refuses_what_is_no_length(value: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="Content-Length"):
        content_length(Headers([(b"Content-Length", value)]))


@pytest.mark.parametrize("second", ["Content-Length: 8", "Content-Length: 07", "Content-Length: x"])
def test_refuses_lengths_that_differ(second: str) -> None:
    with pytest.raises(RemoteProtocolError, match="Content-Length"):
        content_length(headers(LENGTH, second))
