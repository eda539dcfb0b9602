import pytest

from devserve.http1 import Headers, Request, Response
from devserve.proxy.page import dress, script_origin
from devserve.proxy.tags import Tag

REQUEST = Request(b"GET", b"/", Headers([(b"Host", b"web.test"), (b"Sec-Fetch-Dest", b"document")]))
TAG = Tag("script", {"src": "https://l.test/livereload.js?port=443"})


def response(*fields: tuple[bytes, bytes], kind: bytes = b"text/html") -> Response:
    return Response(200, Headers([(b"Content-Type", kind), *fields]))


def dressed(answer: Response, tags: tuple[Tag, ...] = (TAG,), *, adapts: bool = True) -> tuple[Response, bytes]:
    return dress(answer, REQUEST, tags, sockets=["wss://l.test"], adapts=adapts, spare_nonce="spare")


def test_a_page_is_said_to_be_injected_and_loses_what_is_no_longer_true():
    head, snippet = dressed(
        response((b"Content-Length", b"10"), (b"ETag", b'"x"'), (b"Last-Modified", b"y"), (b"X-Own", b"1"))
    )
    assert snippet == b'<script src="https://l.test/livereload.js?port=443"></script>'
    assert list(head.headers) == [(b"Content-Type", b"text/html"), (b"X-Own", b"1"), (b"X-Devserve", b"injected")]


def test_the_snippet_carries_the_policys_nonce():
    head, snippet = dressed(response((b"Content-Security-Policy", b"script-src 'nonce-YWJj'")))
    assert snippet == b'<script src="https://l.test/livereload.js?port=443" nonce="YWJj"></script>'
    assert head.headers.all(b"content-security-policy") == [b"script-src 'nonce-YWJj'"]


def test_several_policies_are_adapted_and_a_report_only_one_is_left_alone():
    head, _ = dressed(
        response(
            (b"Content-Security-Policy", b"script-src 'self', connect-src 'none'"),
            (b"Content-Security-Policy-Report-Only", b"default-src 'none'"),
            (b"Content-Security-Policy", b"img-src *"),
        )
    )
    assert head.headers.all(b"content-security-policy") == [
        b"script-src 'self' https://l.test, connect-src wss://l.test,img-src *"
    ]
    assert head.headers.all(b"content-security-policy-report-only") == [b"default-src 'none'"]


def test_a_policy_can_be_left_as_it_is():
    head, _ = dressed(response((b"Content-Security-Policy", b"script-src 'self'")), adapts=False)
    assert head.headers.all(b"content-security-policy") == [b"script-src 'self'"]


@pytest.mark.parametrize(
    ("answer", "tags", "verdict"),
    [
        (response((b"Content-Encoding", b"zstd")), (TAG,), b"not injected: Content-Encoding zstd"),
        (response(), (), b"not injected: no snippet for this service"),
        (response(kind=b"text/plain"), (TAG,), None),
    ],
)
def test_says_why_a_page_is_not_injected(answer, tags, verdict):
    head, snippet = dressed(answer, tags)
    assert snippet == b""
    assert head.headers.first(b"x-devserve") == verdict


@pytest.mark.parametrize(
    ("source", "origin"), [("https://l.test:8443/x.js", "https://l.test:8443"), ("/x.js", "'self'")]
)
def test_a_script_is_admitted_by_its_origin(source, origin):
    assert script_origin(Tag("script", {"src": source})) == origin
