"""Each refusal is a sentence that names the fault, and quotes no value."""

from __future__ import annotations

import pytest

from devserve.errors import RemoteProtocolError
from devserve.http1 import Connection, Role
from devserve.http1.diagnosis import request_refusal, response_refusal, trailers_refusal
from support.wire import client_after, received
from support.wire_refusals import REFUSED, Refusal

GET = b"GET / HTTP/1.1\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (b"\r\n", "the request line is not a method, a target and a version"),
        (b"GET  / HTTP/1.1\r\n\r\n", "with one space between"),
        (b"G(T / HTTP/1.1\r\n\r\n", r"the method b'G\(T' is not a token"),
        (b"GET /#secret HTTP/1.1\r\n\r\n", "the request target is empty, or holds #"),
        (b"GET / http/1.1\r\n\r\n", "the version is b'http/1.1', not HTTP/1.1"),
        (b"GET / HTTP/3.0\r\n\r\n", r"HTTP/3.0 is not spoken here"),
        (GET + b"Cookie: secret\nX: y\r\n\r\n", "line 2 of the head holds LF without CR"),
        (GET + b"A: b\r\nX: \r\r\n\r\n", "line 3 of the head holds CR without LF"),
        (GET + b"X: \x1b\r\n\r\n", "line 2 of the head holds the control byte 0x1b"),
        (GET + b"A: b\r\n secret\r\n\r\n", "begins with a space: folding is obsolete"),
        (GET + b"A: b\r\nsecret\r\n\r\n", "has no colon"),
        (GET + b"A : b\r\n\r\n", "space between a field name and its colon"),
        (GET + b"A(: b\r\n\r\n", r"b'A\(' is not a field name"),
        (GET + b": b\r\n\r\n", "b'' is not a field name"),
    ],
)
def test_request_refusals(refused: bytes, sentence: str) -> None:
    refusal = request_refusal(refused)
    assert refusal.status == (505 if b"HTTP/3" in refused else 400)
    with pytest.raises(RemoteProtocolError, match=sentence):
        raise refusal


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (b"\r\n\r\n", "the version is b'', not HTTP/1.1"),
        (b"ICY 200 OK\r\n\r\n", "the version is b'ICY'"),
        (b"HTTP/1.1 20\r\n\r\n", "the status code is b'20'"),
        (b"HTTP/1.1 2000\r\n\r\n", "the status code is b'2000'"),
        (b"HTTP/1.1 012 a\r\n\r\n", "the status code is b'012'"),
        (b"HTTP/1.1\r\n\r\n", "the status code is b''"),
        (OK + b"a\r\n\r\n", "has no colon"),
        (b"HTTP/1.1 200 \0\r\n\r\n", "line 1 of the head holds the control byte 0x00"),
    ],
)
def test_response_refusals(refused: bytes, sentence: str) -> None:
    with pytest.raises(RemoteProtocolError, match=sentence):
        raise response_refusal(refused)


def test_trailer_refusals() -> None:
    with pytest.raises(RemoteProtocolError, match="has no colon"):
        raise trailers_refusal(b"A: b\r\na\r\n\r\n")
    with pytest.raises(RemoteProtocolError, match="CR without LF"):
        raise trailers_refusal(b"A: b\rc\r\n\r\n")


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_no_refusal_quotes_a_value(case: Refusal) -> None:
    reader = client_after(case.method) if case.status == 502 else Connection(Role.SERVER)
    with pytest.raises(RemoteProtocolError) as refusal:
        received(reader, [case.wire.replace(b"X-A: 1", b"X-A: secret").replace(b"a.test", b"secret")], end=case.end)
    assert "secret" not in str(refusal.value)
