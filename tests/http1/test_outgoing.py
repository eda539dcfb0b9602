"""Messages of ours are made to fit the peer, and what may not be sent is refused."""

from __future__ import annotations

import pytest

from devserve.errors import LocalProtocolError, ProtocolError
from devserve.http1 import Connection, InformationalResponse, Request, Response, Role
from devserve.http1.outgoing import outgoing_interim, outgoing_request, outgoing_response
from support.wire import headers

LENGTH, CODING, CLOSE = "Content-Length: 7", "Transfer-Encoding: chunked", "Connection: close"


@pytest.mark.parametrize(
    ("method", "status", "given", "to_new_peer", "to_old_peer"),
    [
        (b"GET", 200, [LENGTH], [LENGTH], [LENGTH, CLOSE]),
        (b"GET", 200, [CODING], [CODING], [CLOSE]),
        (b"GET", 200, [], [CODING], [CLOSE]),
        (b"GET", 200, [LENGTH, CODING], [CODING], [CLOSE]),
        (b"GET", 200, ["Transfer-Encoding: CHUNKED"], [CODING], [CLOSE]),
        (b"GET", 200, ["Content-Length: 7, 7"], [LENGTH], [LENGTH, CLOSE]),
        (b"HEAD", 200, [LENGTH], [LENGTH], [LENGTH, CLOSE]),
        (b"HEAD", 200, [CODING], [CODING], [CLOSE]),
        (b"HEAD", 200, [], [], [CLOSE]),
        (b"GET", 204, [LENGTH], [], [CLOSE]),
        (b"GET", 204, [CODING], [], [CLOSE]),
        (b"GET", 304, [LENGTH], [LENGTH], [LENGTH, CLOSE]),
        (b"GET", 304, [], [], [CLOSE]),
        (b"CONNECT", 405, [LENGTH], [LENGTH], [LENGTH, CLOSE]),
    ],
)
def test_responses_are_framed_for_their_peer(
    method: bytes, status: int, given: list[str], to_new_peer: list[str], to_old_peer: list[str]
) -> None:
    response = Response(status, headers(*given), b"", b"1.0")
    for old, expected in [(False, to_new_peer), (True, to_old_peer)]:
        assert outgoing_response(response, method, old, False) == Response(status, headers(*expected))
    assert response.headers == headers(*given)


def test_the_last_response_says_so() -> None:
    response = outgoing_response(Response(200, headers("Connection: keep-alive, x", LENGTH)), b"GET", False, True)
    assert response.headers == headers("Connection: x, close", LENGTH)


@pytest.mark.parametrize(
    "response",
    [
        Response(101, headers()),
        Response(1000, headers()),
        Response(200, headers(), b"a\r\nb"),
        Response(200, headers("Content-Length: x")),
        Response(200, headers("Transfer-Encoding: gzip")),
        Response(204, headers(), b"\0"),
    ],
)
def test_responses_that_cannot_be_sent(response: Response) -> None:
    with pytest.raises(ProtocolError):
        outgoing_response(response, b"GET", False, False)


def test_connect_is_never_accepted() -> None:
    with pytest.raises(LocalProtocolError, match="answer 405"):
        outgoing_response(Response(200, headers()), b"CONNECT", False, False)


def test_interim_responses_lose_their_framing_fields() -> None:
    response = InformationalResponse(103, headers("Link: </a>", LENGTH, CODING), b"Early", b"1.0")
    assert outgoing_interim(response) == InformationalResponse(103, headers("Link: </a>"), b"Early")
    assert len(response.headers) == 3


@pytest.mark.parametrize(
    "response", [InformationalResponse(200, headers()), InformationalResponse(100, headers(), b"\n")]
)
def test_interim_responses_that_cannot_be_sent(response: InformationalResponse) -> None:
    with pytest.raises(LocalProtocolError):
        outgoing_interim(response)


def test_requests_are_sent_in_our_version() -> None:
    given = Request(b"GET", b"/a?b", headers("Host: a.test"), b"1.0")
    assert outgoing_request(given) == Request(b"GET", b"/a?b", headers("Host: a.test"), b"1.1")


@pytest.mark.parametrize("method", [b"GET", b"M-SEARCH", b"get", b"!"])
def test_any_token_is_a_method(method: bytes) -> None:
    assert outgoing_request(Request(method, b"/", headers("Host: a.test"))).method == method


@pytest.mark.parametrize(
    "request_",
    [
        Request(b"GE T", b"/", headers("Host: a.test")),
        Request(b"", b"/", headers("Host: a.test")),
        Request(b"GET", b"/ HTTP/1.1\r\nX: y", headers("Host: a.test")),
        Request(b"GET", b"", headers("Host: a.test")),
        Request(b"GET", b"/#a", headers("Host: a.test")),
        Request(b"GET", b"a", headers("Host: a.test")),
        Request(b"GET", b"*", headers("Host: a.test")),
        Request(b"CONNECT", b"a.test:443", headers("Host: a.test")),
        Request(b"GET", b"/", headers()),
        Request(b"GET", b"/", headers(), b"1.0"),
        Request(b"GET", b"/", headers("Host: a.test", "Host: a.test")),
        Request(b"GET", b"/", headers("Host: a/b")),
        Request(b"GET", b"/", headers("Host: a.test", LENGTH, CODING)),
        Request(b"GET", b"/", headers("Host: a.test", "Content-Length: -1")),
        Request(b"GET", b"/", headers("Host: a.test", "Transfer-Encoding: gzip, chunked")),
    ],
)
def test_requests_that_cannot_be_sent(request_: Request) -> None:
    with pytest.raises(LocalProtocolError):
        Connection(Role.CLIENT).send(request_)
