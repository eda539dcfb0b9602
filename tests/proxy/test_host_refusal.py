import pytest

from devserve.http1 import Headers, Request, Response
from devserve.proxy import host_refusal
from devserve.proxy.host_refusal import may_refuse, refuses_socket, refusing

VITE = b'54\r\nBlocked request. This host ("web.test") is not allowed.\nTo allow this host, add "web.test" to `'


def request(target=b"/"):
    return Request(b"GET", target, Headers([(b"Host", b"web.test")]))


def response(status=403, *fields):
    return Response(status, Headers(list(fields)))


@pytest.mark.parametrize(
    ("beginning", "target", "dev_server", "setting", "file"),
    [
        (VITE + b"server.allowedHosts` in vite", b"/", "", 'server: { allowedHosts: ["web.test"] }', "vite.config.js"),
        (VITE + b"preview.allowedHosts`", b"/", "", 'preview: { allowedHosts: ["web.test"] }', "vite.config.js"),
        (VITE + b"x` in angular.json", b"/", "ng", '"allowedHosts": ["web.test"]', "angular.json"),
        (b"Invalid Host header", b"/", "", 'devServer: { allowedHosts: ["web.test"] }', "webpack.config.js"),
        (b"Invalid Host header", b"/", "vue-cli-service", 'devServer: { allowedHosts: ["web.test"] }', "vue.config.js"),
        (b"Invalid Host header", b"/", "react-scripts", "DANGEROUSLY_DISABLE_HOST_CHECK=true", ".env"),
        (
            b'403 - Forbidden: The host "web.test" is not allowed', b"/", "", 'upstream_host = "localhost"',
            "devserve.toml",
        ),
        (b"Unauthorized", b"/_next/static/x.woff2", "", 'allowedDevOrigins: ["web.test"]', "next.config.js"),
        (b"Unauthorized", b"/x", "next", 'allowedDevOrigins: ["web.test"]', "next.config.js"),
    ],
)  # fmt: skip
def test_names_the_setting_of_who_refuses(beginning, target, dev_server, setting, file):
    tool = refusing(request(target), response(), beginning, dev_server)
    assert tool is not None
    page = host_refusal.failure("web", tool, "web.test", ["the last line"])
    assert page.status == 403
    assert setting in page.explanation
    assert file in page.explanation
    assert setting in host_refusal.warning("web", tool, "web.test")


@pytest.mark.parametrize("beginning", [b"", b"Forbidden", b"Unauthorized", b"<h1>You may not see this</h1>"])
def test_an_applications_own_refusal_passes(beginning):
    assert refusing(request(), response(), beginning, "vite") is None


@pytest.mark.parametrize(
    ("status", "length", "expected"),
    [(403, b"5000", True), (200, b"19", True), (200, b"20", False), (404, b"19", False)],
)
def test_looks_into_few_answers(status, length, expected):
    assert may_refuse(response(status, (b"Content-Length", length))) is expected


def test_next_refuses_its_socket_with_what_is_no_http():
    assert refuses_socket(request(b"/_next/webpack-hmr?page=/")) is host_refusal.NEXT
    assert refuses_socket(request(b"/_next/hmr?id=x")) is host_refusal.NEXT
    assert refuses_socket(request(b"/socket")) is None
