import ssl

import pytest

from devserve.hub.first_bytes import MOST, host_in, server_name_in


def client_hello(name: str | None) -> bytes:
    """What OpenSSL sends first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def in_records(hello: bytes, size: int) -> bytes:
    """The same handshake message, cut into records of this size."""
    body = hello[5:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(hello[:3] + len(piece).to_bytes(2) + piece for piece in pieces)


@pytest.mark.parametrize(
    ("name", "found"),
    [("shop.test", "shop.test"), ("SHOP.test", "shop.test"), ("x" * 60 + ".test", "x" * 60 + ".test")],
)
@pytest.mark.parametrize("size", [1, 7, 100, 16384])
def test_the_server_name_of_a_hello_cut_anywhere(name, found, size):
    hello = in_records(client_hello(name), size)
    assert server_name_in(hello) == found
    assert server_name_in(hello + b"\x17\x03\x03") == found
    for end in range(0, len(hello), max(1, len(hello) // 40)):
        assert server_name_in(hello[:end]) is None


def test_a_hello_without_a_name():
    assert server_name_in(client_hello(None)) == ""


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x15\x03\x01\x00\x02\x01\x00",
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00",
        b"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03",
        b"\x16\x03\x01\xff\xff" + bytes(MOST),
    ],
    ids=["http", "alert", "empty record", "server hello", "cut short", "endless"],
)
def test_what_is_no_hello_has_no_name(data):
    assert server_name_in(data) == ""


def test_broken_hellos_never_raise():
    hello = client_hello("shop.test")
    for at in range(len(hello)):
        for value in (0, 1, 0x7F, 0xFF):
            server_name_in(hello[:at] + bytes([value]) + hello[at + 1 :])


@pytest.mark.parametrize(
    ("data", "host"),
    [
        (b"GET / HTTP/1.1\r\nHost: shop.test\r\n", "shop.test"),
        (b"GET / HTTP/1.1\r\nhOST:\tshop.test:8080 \r\n", "shop.test:8080"),
        (b"GET / HTTP/1.1\nHost: shop.test\n", "shop.test"),
        (b"GET http://other.test/x HTTP/1.1\r\nHost: shop.test\r\n\r\n", "other.test"),
        (b"GET /?http://other.test/ HTTP/1.1\r\nHost: shop.test\r\n\r\n", "shop.test"),
        (b"GET / HTTP/1.1\r\nX-Host: shop.test\r\n\r\n", ""),
        (b"GET / HTTP/1.1\r\n\r\nHost: late.test\r\n", ""),
        (b"GET / HTTP/1.1\r\nHost: shop.t", None),
        (b"GET / HTTP/1.1\r\n", None),
        (b"", None),
        (b"x" * MOST, ""),
    ],
)
def test_the_host_of_a_request(data, host):
    assert host_in(data) == host
