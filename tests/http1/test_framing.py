"""Where bodies end, from their heads alone."""

from __future__ import annotations

import pytest

from devserve.errors import RemoteProtocolError
from devserve.http1 import Headers, Request, Response
from devserve.http1.framing import (
    BodyLength,
    Delimiter,
    check_transfer_encoding,
    is_old,
    request_body,
    response_body,
)
from support.wire import headers
from support.wire_refusals import BAD_CODINGS, UNKNOWN_CODINGS

LENGTH, CODING = "Content-Length: 7", "Transfer-Encoding: chunked"


@pytest.mark.parametrize(("version", "old"), [(None, True), (b"1.0", True), (b"1.1", False), (b"1.9", False)])
def test_which_peers_are_old(version: bytes | None, old: bool) -> None:
    assert is_old(version) is old


@pytest.mark.parametrize(
    ("lines", "length"),
    [([], 0), ([LENGTH], 7), ([CODING], Delimiter.CHUNKED), (["Content-Length: 9223372036854775807"], 2**63 - 1)],
)
def test_request_bodies(lines: list[str], length: BodyLength) -> None:
    assert request_body(Request(b"GET", b"/", headers(*lines))) == length


@pytest.mark.parametrize(
    ("method", "status", "lines", "length"),
    [
        (b"GET", 200, [], Delimiter.CLOSE),
        (None, 408, [], Delimiter.CLOSE),
        (b"GET", 200, [LENGTH], 7),
        (b"GET", 500, [CODING], Delimiter.CHUNKED),
        (b"GET", 200, [CODING, LENGTH], Delimiter.CHUNKED),
        (b"HEAD", 200, [], 0),
        (b"HEAD", 200, [LENGTH], 0),
        (b"HEAD", 200, [CODING], 0),
        (b"head", 200, [LENGTH], 7),
        (b"GET", 204, [LENGTH], 0),
        (b"GET", 304, [LENGTH], 0),
        (b"GET", 304, [], 0),
        (b"GET", 205, [], Delimiter.CLOSE),
    ],
)
def test_response_bodies(method: bytes | None, status: int, lines: list[str], length: BodyLength) -> None:
    assert response_body(method, Response(status, headers(*lines))) == length


def test_the_coding_wins_in_a_response_and_the_length_is_dropped() -> None:
    response = Response(200, headers("X-A: 1", LENGTH, CODING))
    response_body(b"GET", response)
    assert response.headers == headers("X-A: 1", CODING)


def test_refuses_content_length_with_transfer_encoding_in_a_request() -> None:
    with pytest.raises(RemoteProtocolError, match="both Transfer-Encoding and Content-Length"):
        request_body(Request(b"POST", b"/", headers(LENGTH, CODING)))


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_coding_needs_http_1_1(version: bytes) -> None:
    response = Response(200, headers(CODING), b"", version)
    if version == b"1.1":
        assert response_body(b"GET", response) is Delimiter.CHUNKED
    else:
        with pytest.raises(RemoteProtocolError, match=r"HTTP/1.0 has no Transfer-Encoding"):
            response_body(b"GET", response)


@pytest.mark.parametrize("value", [b"chunked", b"CHUNKED", b"Chunked "])
def test_the_coding_is_rewritten_as_chunked(value: bytes) -> None:
    coded = Headers([(b"Transfer-Encoding", value)])
    check_transfer_encoding(coded, b"1.1")
    assert coded == headers(CODING)


@pytest.mark.parametrize(
    ("value", "status"), [*((value, 400) for value in BAD_CODINGS), *((value, 501) for value in UNKNOWN_CODINGS)]
)
def test_refuses_other_codings(value: bytes, status: int) -> None:
    values = value.split(b"\r\nTransfer-Encoding: ")
    with pytest.raises(RemoteProtocolError) as refusal:
        check_transfer_encoding(Headers([(b"Transfer-Encoding", value) for value in values]), b"1.1")
    assert refusal.value.status == status
