import pytest

from devserve.http1 import Headers, Request
from devserve.proxy.admit import refusal, upgrade_refusal
from devserve.proxy.routes import host_of

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {
    b"Connection": b"Upgrade",
    b"Upgrade": b"websocket",
    b"Sec-WebSocket-Version": b"13",
    b"Sec-WebSocket-Key": KEY,
    b"Origin": b"https://web.test",
}


def request(fields: dict[bytes, bytes], method: bytes = b"GET", host: bytes = b"web.test") -> Request:
    return Request(method, b"/", Headers([(b"Host", host), *fields.items()]))


@pytest.mark.parametrize(
    ("asked", "server_name", "status"),
    [
        (request({}), "web.test", None),
        (request({}), "", None),
        (request({}, host=b"WEB.test:8443"), "web.test", None),
        (request({}, host=b"other.test"), "web.test", 421),
        (request({}, method=b"TRACE"), "", 405),
        (request({}, method=b"CONNECT"), "", 405),
        (request({b"X-Devserve-Loop": b"mark"}), "", 508),
        (request({b"X-Devserve-Loop": b"another's", b"x-devserve-loop": b"mark"}), "", 508),
        (request({b"X-Devserve-Loop": b"somebody else's"}), "", None),
    ],
)
def test_refuses_before_any_route_is_asked(asked, server_name, status):
    refused = refusal(asked, host_of((asked.headers.first(b"host") or b"").decode()), server_name, b"mark")
    assert (refused.status if refused else None) == status


@pytest.mark.parametrize(
    ("changes", "own", "status"),
    [
        ({}, False, None),
        ({}, True, None),
        ({b"Origin": b"http://web.test:8080"}, False, None),
        ({b"Origin": b"https://evil.test"}, False, 403),
        ({b"Origin": b"https://web.test.evil.test"}, False, 403),
        ({b"Origin": b"null"}, False, 403),
        ({b"Origin": b"https://127.0.0.1"}, False, 403),
        ({b"Origin": b"file://"}, False, 403),
        ({b"Origin": None}, False, None),
        ({b"Origin": None}, True, 403),
        ({b"Sec-WebSocket-Version": b"8"}, False, 426),
        ({b"Sec-WebSocket-Key": b"short"}, False, 400),
        ({b"Sec-WebSocket-Key": None}, False, 400),
        ({b"Upgrade": b"h2c", b"Origin": b"https://evil.test"}, False, None),
    ],
)
def test_checks_the_origin_of_every_websocket(changes, own, status):
    fields = {name: value for name, value in (HANDSHAKE | changes).items() if value is not None}
    refused = upgrade_refusal(request(fields), {"web.test"}.__contains__, own=own)
    assert (refused.status if refused else None) == status


@pytest.mark.parametrize("name", [b"Origin", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version"])
def test_what_a_handshake_says_twice_is_not_chosen_from(name):
    refused = upgrade_refusal(
        request(HANDSHAKE | {name.lower(): HANDSHAKE[name]}), {"web.test"}.__contains__, own=False
    )
    assert refused is not None
    assert refused.status == 400


def test_a_websocket_handshake_is_a_get():
    refused = upgrade_refusal(request(HANDSHAKE, method=b"POST"), lambda _: True, own=False)
    assert refused is not None
    assert refused.status == 400
