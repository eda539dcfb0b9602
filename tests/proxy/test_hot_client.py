import pytest

from devserve.http1 import Headers, Request
from devserve.proxy.hot_client import asking, within


@pytest.mark.parametrize(
    ("target", "protocol", "expected"),
    [
        (b"/?token=x", b"vite-hmr", "vite"),
        (b"/base/", b"vite-ping", "vite"),
        (b"/_next/webpack-hmr?page=%2F", b"", "next"),
        (b"/_next/hmr?id=x", b"", "next"),
        (b"/shop/_next/hmr?id=x", b"", "next"),
        (b"/search?for=/_next/hmr", b"", ""),
        (b"/ng-cli-ws", b"", "ng"),
        (b"/ws", b"", ""),
        (b"/chat", b"graphql-ws", ""),
    ],
)
def test_knows_a_hot_clients_socket(target, protocol, expected):
    fields = [(b"Host", b"web.test")] + ([(b"Sec-WebSocket-Protocol", protocol)] if protocol else [])
    assert asking(Request(b"GET", target, Headers(fields))) == expected


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        (b'<script type="module" src="/@vite/client"></script>', "vite"),
        (b'<head><script type="module">import "/base/@vite/client"', "vite"),
        (b'<script src="/_next/static/chunks/webpack.js?v=17" async>', "next"),
        (b'<script src="/_next/static/development/_buildManifest.js">', "next"),
        (b'<script src="/_next/static/chunks/%5Bturbopack%5D_browser_dev_hmr-client_x.js">', "next"),
        (b'<script src="/_next/static/chunks/webpack-9f.js">', ""),
        (b"<script>new EventSource('/esbuild').addEventListener(", "esbuild"),
        (b'<script src="/webpack-dev-server.js">', "webpack"),
        (b'eval("import \\"./node_modules/webpack-dev-server/client/index.js?port=1\\"")', "webpack"),
        (b"<p>webpack-dev-server is no client</p>", ""),
        (b'<a href="/esbuild/">', ""),
        (b"<p>Vite's client is at /@vite/client</p>", ""),
        (b"", ""),
    ],
)
def test_knows_a_page_that_brings_a_hot_client(beginning, expected):
    assert within(beginning) == expected
