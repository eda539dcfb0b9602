"""What a head asks of the connection."""

from __future__ import annotations

import pytest

from devserve.errors import RemoteProtocolError
from devserve.http1 import InformationalResponse, Request, Response
from devserve.http1.options import (
    announce_close,
    check_switch,
    ends_connection,
    expects_continue,
    proposes_switch,
)
from support.wire import headers


def asking(*lines: str, method: bytes = b"GET", version: bytes = b"1.1") -> Request:
    return Request(method, b"/", headers("Host: a.test", *lines), version)


@pytest.mark.parametrize(
    ("request_", "ends"),
    [
        (asking(), False),
        (asking("Connection: keep-alive"), False),
        (asking("Connection: x-close"), False),
        (asking("Connection: a, CLOSE"), True),
        (asking("Connection: a", "Connection: close"), True),
        (asking("Connection: close, keep-alive"), True),
        (asking(version=b"1.0"), True),
        (asking("Connection: keep-alive", version=b"1.0"), True),
        (asking(version=b"1.9"), False),
        (asking(method=b"CONNECT"), True),
    ],
)
def test_when_the_connection_ends(request_: Request, ends: bool) -> None:
    assert ends_connection(request_) is ends


def test_a_response_ends_it_too() -> None:
    assert ends_connection(Response(200, headers("Connection: close")))
    assert not ends_connection(Response(200, headers()))


@pytest.mark.parametrize(
    ("request_", "switches"),
    [
        (asking("Upgrade: websocket", "Connection: Keep-Alive, Upgrade"), True),
        (asking("Upgrade: websocket"), False),
        (asking("Connection: upgrade"), False),
        (asking("Upgrade: websocket", "Connection: upgraded"), False),
        (asking("Upgrade: websocket", "Connection: upgrade", version=b"1.0"), False),
    ],
)
def test_when_another_protocol_is_asked_for(request_: Request, switches: bool) -> None:
    assert proposes_switch(request_) is switches


@pytest.mark.parametrize(
    ("request_", "expects"),
    [
        (asking("Expect: 100-Continue"), True),
        (asking(), False),
        (asking("Expect: something"), False),
        (asking("Expect: 100-continue", version=b"1.0"), False),
    ],
)
def test_when_100_is_expected(request_: Request, expects: bool) -> None:
    assert expects_continue(request_) is expects


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["Connection: close"]),
        (["Connection: close"], ["Connection: close"]),
        (["Connection: Keep-Alive, X-A", "X-A: 1"], ["Connection: x-a, close", "X-A: 1"]),
        (["connection: close, keep-alive"], ["connection: close"]),
        (["X-A: 1", "Connection: a", "Connection: keep-alive"], ["X-A: 1", "Connection: a, close"]),
    ],
)
def test_announces_the_close_beside_other_options(before: list[str], after: list[str]) -> None:
    changed = headers(*before)
    announce_close(changed)
    assert changed == headers(*after)


@pytest.mark.parametrize(
    ("lines", "offered"),
    [
        (["Upgrade: websocket"], True),
        (["Upgrade: WebSocket"], True),
        (["Upgrade: other, websocket"], True),
        (["Upgrade: h2c"], False),
        (["Upgrade: websocket, h2c"], False),
        (["Upgrade:"], False),
        ([], False),
    ],
)
def test_a_switch_is_to_what_was_offered(lines: list[str], offered: bool) -> None:
    response = InformationalResponse(101, headers(*lines))
    if offered:
        check_switch(response, frozenset({b"websocket", b"other"}))
    else:
        with pytest.raises(RemoteProtocolError, match="did not offer"):
            check_switch(response, frozenset({b"websocket", b"other"}))
