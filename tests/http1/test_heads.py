"""Heads are parsed to values as they were sent, and their limits are exact."""

from __future__ import annotations

import pytest

from devserve.errors import RemoteProtocolError
from devserve.http1 import Connection, InformationalResponse, Limits, Request, Response, Role
from devserve.http1.buffer import ReceiveBuffer
from devserve.http1.events import ConnectionClosed
from devserve.http1.heads import RequestReader, ResponseReader, check_request, parse_request, parse_response
from support.wire import byte_by_byte, head, headers, received

LIMITS = Limits(head=60, fields=2, target=20)
HOST = "Host: a.test"


def holding(data: bytes) -> ReceiveBuffer:
    buffer = ReceiveBuffer()
    if data:
        buffer.append(data)
    return buffer


def test_parses_a_request() -> None:
    request = parse_request(head("GET /%0d%0a?q HTTP/1.1", HOST, "Accept:*/*"), LIMITS)
    assert request == Request(b"GET", b"/%0d%0a?q", headers(HOST, "Accept: */*"))


@pytest.mark.parametrize(
    ("status_line", "expected"),
    [
        ("HTTP/1.1 200 OK", Response(200, headers(), b"OK")),
        ("HTTP/1.0 999 ", Response(999, headers(), b"", b"1.0")),
        ("HTTP/1.1 199 Almost", InformationalResponse(199, headers(), b"Almost")),
        ("HTTP/1.1 404  two\tspaces \xff", Response(404, headers(), b" two\tspaces \xff")),
    ],
)
def test_parses_a_response(status_line: str, expected: Response) -> None:
    assert parse_response(head(status_line), LIMITS) == expected


@pytest.mark.parametrize(
    ("target", "version", "fields", "accepted"),
    [
        ("/" + "a" * 19, "1.1", [HOST], True),
        ("/" + "a" * 20, "1.1", [HOST], False),
        ("/", "1.1", [HOST, "X: 1"], True),
        ("/", "1.1", [HOST, "X: 1", "X: 2"], False),
        ("/", "1.1", [HOST, "X: " + "a" * (60 - 18 - 14 - 5)], True),
        ("/", "1.1", [HOST, "X: " + "a" * (61 - 18 - 14 - 5)], False),
    ],
)
def test_limits_are_exact_however_the_head_is_cut(target: str, version: str, fields: list[str], accepted: bool) -> None:
    data = head(f"GET {target} HTTP/{version}", *fields)
    for pieces in ([data], byte_by_byte(data)):
        server = Connection(Role.SERVER, LIMITS)
        if accepted:
            assert isinstance(received(server, pieces)[0], Request)
        else:
            with pytest.raises(RemoteProtocolError):
                received(server, pieces)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        (b"GET", b"/"),
        (b"GET", b"//a"),
        (b"GET", b'/|"<>\\^`{}'),
        (b"OPTIONS", b"*"),
        (b"GET", b"http://a.test"),
        (b"GET", b"HTTPS://[::1]:8443?q"),
        (b"GET", b"http://a.test:/"),
        (b"CONNECT", b"a.test:443"),
        (b"CONNECT", b"[::1]:443"),
    ],
)
def test_target_forms(method: bytes, target: bytes) -> None:
    check_request(Request(method, target, headers(HOST)))


@pytest.mark.parametrize(
    "host", ["a", "a.test:", "a.test:65535", "A_b-c.d~", "127.0.0.1:80", "[fe80::1]", "xn--bcher-kva.test"]
)
def test_hosts(host: str) -> None:
    check_request(Request(b"GET", b"/", headers(f"Host: {host}")))


def test_a_reader_waits_for_the_whole_head() -> None:
    assert RequestReader(LIMITS).read(holding(head("GET / HTTP/1.1", HOST)[:-1])) is None
    assert ResponseReader(LIMITS).read(holding(b"HTTP/1.1 200 OK\r\n\r")) is None


def test_the_stream_may_end_between_requests_only() -> None:
    for nothing in (b"", b"\r\n"):
        assert RequestReader(LIMITS).end(holding(nothing)) == ConnectionClosed()
    with pytest.raises(RemoteProtocolError, match="in the middle of a request head"):
        RequestReader(LIMITS).end(holding(b"GET"))


@pytest.mark.parametrize(
    ("data", "where"), [(b"", "before the response"), (b"HTTP", "in the middle of the response head")]
)
def test_a_response_is_owed(data: bytes, where: str) -> None:
    with pytest.raises(RemoteProtocolError, match=where):
        ResponseReader(LIMITS).end(holding(data))
