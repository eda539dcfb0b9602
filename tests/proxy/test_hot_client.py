import pytest

from devserve.http1 import Headers, Request
from devserve.proxy.hot_client import hot_client_of


@pytest.mark.parametrize(
    ("target", "protocol", "expected"),
    [
        (b"/?token=x", b"vite-hmr", "vite"),
        (b"/base/", b"vite-ping", "vite"),
        (b"/_next/webpack-hmr?page=%2F", b"", "next"),
        (b"/ng-cli-ws", b"", "ng"),
        (b"/ws", b"", ""),
        (b"/chat", b"graphql-ws", ""),
    ],
)
def test_knows_a_hot_clients_socket(target, protocol, expected):
    fields = [(b"Host", b"web.test")] + ([(b"Sec-WebSocket-Protocol", protocol)] if protocol else [])
    assert hot_client_of(Request(b"GET", target, Headers(fields))) == expected
