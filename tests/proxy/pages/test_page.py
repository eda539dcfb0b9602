import pytest

from devserve.http1 import Data, EndOfMessage, Headers, Request, Response
from devserve.proxy.pages.own_script import Address
from devserve.proxy.pages.page import Wish, dress, of_devserve
from devserve.proxy.pages.tags import Tag

URL = "https://l.test/livereload.js?port=443"
TAG = Tag("script", {"src": URL})
AT_END = Tag("script", {"src": URL}, position="body")
SCRIPT = f'<script src="{URL}"></script>'
DOCUMENT = Request(b"GET", b"/", Headers([(b"Host", b"web.test"), (b"Sec-Fetch-Dest", b"document")]))
FETCH = Request(b"GET", b"/", Headers([(b"Host", b"web.test"), (b"Sec-Fetch-Dest", b"empty")]))
PAGE = b"<html><head><title>"


def response(*fields: tuple[bytes, bytes], kind: bytes = b"text/html", status: int = 200) -> Response:
    return Response(status, Headers([*([(b"Content-Type", kind)] if kind else []), *fields]))


def wish(*tags: Tag, **options) -> Wish:
    return Wish(tags or (TAG,), Address("https", 443, "https://l.test"), "wss://l.test", "spare", **options)


def through(answer: Response, body: bytes = PAGE, wanted: Wish | None = None) -> tuple[Response, str]:
    head, rewriting = dress(answer, DOCUMENT, wanted or wish())
    assert rewriting is not None, head.headers.first(b"x-devserve")
    head, *rest = [*rewriting.feed(body), *rewriting.close(EndOfMessage())]
    assert isinstance(head, Response)
    return head, b"".join(event.data for event in rest if isinstance(event, Data)).decode("latin-1")


def test_a_page_is_said_to_be_injected_and_loses_what_is_no_longer_true():
    vouching = [(b"ETag", b'"x"'), (b"Last-Modified", b"y"), (b"Repr-Digest", b"z"), (b"Accept-Ranges", b"bytes")]
    head, body = through(response(*vouching, (b"Cache-Control", b"max-age=60"), (b"X-Own", b"1")))
    assert body == f"<html><head>{SCRIPT}<title>"
    assert list(head.headers) == [
        (b"Content-Type", b"text/html"),
        (b"Cache-Control", b"max-age=60"),
        (b"X-Own", b"1"),
        (b"X-Devserve", b"injected"),
        (b"Vary", b"Sec-Fetch-Dest, Sec-Fetch-Mode"),
    ]


def test_a_length_that_was_there_is_there_and_true():
    head, body = through(response((b"Content-Length", b"%d" % len(PAGE))))
    assert head.headers.all(b"content-length") == [b"%d" % len(body)]


def test_the_snippet_carries_the_policys_nonce():
    policy = b"script-src 'nonce-YWJj'"
    head, body = through(response((b"Content-Security-Policy", policy)))
    assert f'<script src="{URL}" nonce="YWJj"></script>' in body
    assert head.headers.all(b"content-security-policy") == [policy]


def test_policies_are_adapted_and_a_report_only_one_is_left_alone():
    head, _ = through(
        response(
            (b"Content-Security-Policy", b"script-src 'self'"),
            (b"Content-Security-Policy-Report-Only", b"default-src 'none'"),
        )
    )
    assert head.headers.all(b"content-security-policy") == [b"script-src 'self' https://l.test"]
    assert head.headers.all(b"content-security-policy-report-only") == [b"default-src 'none'"]


def test_a_policy_can_be_left_as_it_is():
    policy = (b"Content-Security-Policy", b"script-src 'self'")
    body = b'<meta http-equiv=content-security-policy content="script-src x">'
    head, sent = through(response(policy), body, wish(adapts=False))
    assert head.headers.all(b"content-security-policy") == [b"script-src 'self'"]
    assert sent == SCRIPT + body.decode()


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        (TAG, f'{SCRIPT}<meta http-equiv="content-security-policy" content="default-src &#x27;self&#x27;; '
                 'connect-src &#x27;self&#x27; wss://l.test"><p></p></body>'),
        (AT_END, '<meta http-equiv="content-security-policy" content="default-src &#x27;self&#x27;; script-src '
                '&#x27;self&#x27; https://l.test; connect-src &#x27;self&#x27; wss://l.test"><p></p>'
                f"{SCRIPT}</body>"),
    ],
)  # fmt: skip
def test_what_a_meta_policy_needs_depends_on_the_place(tag, written):
    body = b"""<meta http-equiv="content-security-policy" content="default-src 'self'"><p></p></body>"""
    assert through(response(), body, wish(tag))[1] == written


def test_a_nonce_of_a_meta_policy_is_found_before_the_snippet():
    body = b"<meta http-equiv=content-security-policy content=\"script-src 'nonce-YWJj'\"><body>"
    assert 'nonce="YWJj"' in through(response(), body, wish(Tag("script", {"src": URL}, position="body-prepend")))[1]


@pytest.mark.parametrize(
    ("answer", "request_", "wanted", "reason"),
    [
        (response((b"Content-Encoding", b"compress")), DOCUMENT, wish(), "Content-Encoding compress"),
        (response(), DOCUMENT, None, "no snippet for this service"),
        (response(), FETCH, None, "Sec-Fetch-Dest is empty"),
        (response(status=404), Request(b"HEAD", b"/", Headers([])), None, "the method is HEAD"),
        (
            response((b"Content-Security-Policy", b"sandbox allow-forms")),
            DOCUMENT,
            wish(),
            "its Content-Security-Policy is a sandbox without scripts",
        ),
    ],
)
def test_says_why_a_page_is_not_injected(answer, request_, wanted, reason):
    head, rewriting = dress(answer, request_, wanted)
    assert rewriting is None
    assert head.headers.first(b"x-devserve") == b"not injected: " + reason.encode()


@pytest.mark.parametrize("kind", [b"text/plain", b"application/json"])
def test_what_is_no_html_is_not_touched(kind):
    answer = response(kind=kind)
    assert dress(answer, DOCUMENT, wish()) == (answer, None)


def test_a_page_without_the_snippet_is_kept_apart_from_one_with_it():
    assert dress(response(), FETCH, None)[0].headers.all(b"vary") == [b"Sec-Fetch-Dest, Sec-Fetch-Mode"]
    assert dress(response((b"Vary", b"*")), FETCH, None)[0].headers.all(b"vary") == [b"*"]
    assert dress(response(), FETCH, None, varies=False)[0].headers.all(b"vary") == []
    fragment = Request(b"GET", b"/", Headers([(b"HX-Request", b"true")]))
    assert dress(response((b"Vary", b"Accept")), fragment, None)[0].headers.all(b"vary") == [b"Accept", b"HX-Request"]
    assert through(response((b"Vary", b"sec-fetch-dest")))[0].headers.all(b"vary") == [
        b"sec-fetch-dest",
        b"Sec-Fetch-Mode",
    ]


def test_a_response_that_does_not_say_what_it_is_is_looked_into():
    head, body = through(response(kind=b""))
    assert (head.headers.first(b"x-devserve"), SCRIPT in body) == (b"injected", True)
    head, body = through(response(kind=b""), b'{"a": 1, "b": 2, "c": 3}')
    assert (list(head.headers), body) == ([], '{"a": 1, "b": 2, "c": 3}')
    assert dress(response(kind=b""), FETCH, None) == (response(kind=b""), None)


STALE = b'<p><script src="http://localhost:35729/livereload.js?snipver=1" async></script>'


@pytest.mark.parametrize("length", [[], [(b"Content-Length", b"%d" % len(STALE))]])
def test_a_tag_for_a_livereload_server_is_replaced_by_the_proxied_one(length):
    _, body = through(response(*length), STALE)
    assert body == SCRIPT + '<p><script data-devserve="loaded at its proxied address" async></script>'


def test_where_the_snippet_loads_no_livereload_a_pages_own_tag_stays():
    _, body = through(response(), STALE, wish(Tag("meta", {"name": "x"})))
    assert body == '<meta name="x">' + STALE.decode()


@pytest.mark.parametrize("source", [URL, "/livereload.js?port=443"])
def test_a_page_that_loads_livereload_from_a_working_address_is_left_alone(source):
    page = f'<p><script src="{source}"></script>'.encode()
    head, body = through(response((b"Content-Length", b"%d" % len(page)), (b"ETag", b'"x"')), page)
    assert body == page.decode()
    assert head.headers.first(b"x-devserve") == b"not injected: the page loads livereload.js itself"
    assert head.headers.first(b"etag") == b'"x"'


def test_what_else_a_plugin_wants_goes_into_a_page_that_loads_livereload_itself():
    page = f'<p><script src="{URL}"></script>'.encode()
    head, body = through(response((b"Content-Length", b"%d" % len(page))), page, wish(TAG, Tag("meta", {"name": "x"})))
    assert body == '<meta name="x">' + page.decode()
    assert head.headers.first(b"x-devserve") == b"injected"


def test_a_page_that_streams_has_the_snippet_before_its_own_tag_is_seen_and_loads_it_once():
    _, body = through(response(), f'<p><script src="{URL}"></script>'.encode())
    assert body == SCRIPT + '<p><script data-devserve="loaded at its proxied address"></script>'


def test_xhtml_gets_tags_in_its_own_namespace():
    _, body = through(
        response(kind=b"application/xhtml+xml"), b"<html><head/></html>", wish(TAG, Tag("meta", {"a": "b"}))
    )
    script, meta = (
        '<script xmlns="http://www.w3.org/1999/xhtml" src=',
        '<meta xmlns="http://www.w3.org/1999/xhtml" a="b"/>',
    )
    assert script in body
    assert meta in body


@pytest.mark.parametrize("kind", [b"text/html; charset=utf-16le", b"text/html;x=y; Charset='UTF-16LE'"])
def test_the_charset_is_what_the_response_says(kind):
    _, body = through(response(kind=kind), PAGE.decode().encode("utf-16-le"))
    assert body.encode("latin-1").decode("utf-16-le") == f"<html><head>{SCRIPT}<title>"


def test_a_page_of_devserves_own_says_so_too():
    said = of_devserve(response()).headers.first(b"x-devserve")
    assert said == b"not injected: a page of devserve's own"
    assert of_devserve(response(kind=b"text/css")) == response(kind=b"text/css")


FOUR = (
    Tag("meta", {"name": "1"}),
    Tag("style", text="b{}", position="head"),
    Tag("script", text="c()", position="body-prepend"),
    Tag("script", {"src": "/d.js"}, position="body"),
)


@pytest.mark.parametrize("length", [False, True])
@pytest.mark.parametrize(
    ("body", "written"),
    [
        (
            "<head><title>x</title></head><body><p></p></body>",
            '<head><meta name="1"><title>x</title><style>b{}</style></head><body><script>c()</script><p></p>'
            '<script src="/d.js"></script></body>',
        ),
        ("text", '<meta name="1"><style>b{}</style><script>c()</script>text<script src="/d.js"></script>'),
    ],
)
def test_each_tag_stands_at_its_position(body, written, length):
    fields = [(b"Content-Length", b"%d" % len(body))] if length else []
    assert through(response(*fields), body.encode(), wish(*FOUR))[1] == written


def test_tags_without_livereload_go_where_they_want_beside_a_script_that_the_page_loads_itself():
    page = f'<p><script src="{URL}"></script>'.encode()
    _, body = through(response((b"Content-Length", b"%d" % len(page))), page, wish(TAG, FOUR[3]))
    assert body == page.decode() + '<script src="/d.js"></script>'


def test_a_meta_policy_admits_the_tags_that_are_still_to_come():
    body = b"""<head></head><body><meta http-equiv="content-security-policy" content="default-src 'none'"></body>"""
    _, sent = through(response(), body, wish(*FOUR))
    assert "default-src &#x27;none&#x27;; script-src &#x27;self&#x27;; connect-src wss://l.test" in sent
