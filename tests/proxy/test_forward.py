from dataclasses import replace

import pytest

from devserve.http1 import Headers, InformationalResponse, Request, Response
from devserve.proxy.forward import (
    LOOP_FIELD,
    Downstream,
    forward_interim,
    forward_request,
    forward_response,
    has_body,
    is_websocket,
    may_retry,
    origin_form,
)
from devserve.proxy.remote import Pair
from devserve.proxy.routes import Remote

DAY = b"Mon, 02 Nov 2026 08:00:00 GMT"
CAME_BY = Downstream("127.0.0.1", "https")
UPGRADE = [(b"Connection", b"keep-alive, Upgrade"), (b"Upgrade", b"websocket")]


def request(*fields: tuple[bytes, bytes], method: bytes = b"GET") -> Request:
    return Request(method, b"/a?b", Headers([(b"Host", b"web.test:8443"), *fields]))


def forwarded(*fields: tuple[bytes, bytes], whole_page: bool = False) -> Headers:
    return forward_request(request(*fields), CAME_BY, b"mark", whole_page=whole_page).headers


def test_keeps_order_and_case_of_the_fields():
    names = [name for name, _ in forwarded((b"ACCEPT", b"*/*"), (b"x-Two", b"2"), (b"x-Two", b"3"))]
    assert names[:4] == [b"Host", b"ACCEPT", b"x-Two", b"x-Two"]


def test_says_where_the_request_came_from_and_believes_nobody_else():
    headers = forwarded(
        (b"X-Forwarded-For", b"6.6.6.6"), (b"Forwarded", b"for=6.6.6.6"), (b"x-forwarded-host", b"evil")
    )
    assert headers.all(b"x-forwarded-for") == [b"127.0.0.1"]
    assert headers.all(b"x-forwarded-proto") == [b"https"]
    assert headers.all(b"x-forwarded-host") == [b"web.test:8443"]
    assert headers.all(b"x-forwarded-port") == [b"8443"]
    assert headers.all(b"forwarded") == [b'for=127.0.0.1;host="web.test:8443";proto=https']
    assert headers.first(b"host") == b"web.test:8443"


def test_writes_an_ipv6_client_as_rfc_7239_wants_it():
    headers = forward_request(request(), Downstream("::1", "http"), b"mark", whole_page=False).headers
    assert headers.first(b"forwarded") == b'for="[::1]";host="web.test:8443";proto=http'


@pytest.mark.parametrize(
    "field",
    [
        (b"Connection", b"close"),
        (b"Keep-Alive", b"5"),
        (b"TE", b"trailers"),
        (b"Upgrade", b"h2c"),
        (b"Proxy-Connection", b"x"),
    ],
)
def test_strips_what_is_for_one_connection_only(field):
    assert field[0].lower() not in forwarded(field)


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ((b"X-Hop", b"1"), False),
        ((b"Host", b"web.test:8443"), True),
        ((b"Cookie", b"a=b"), True),
        ((b"Expect", b"100-continue"), True),
    ],
)
def test_strips_what_connection_names_but_never_what_an_exchange_depends_on(field, kept):
    more = [] if field[0] == b"Host" else [field]
    headers = forwarded((b"Connection", b"close, %b" % field[0]), *more)
    assert headers.all(field[0].lower()) == ([field[1]] if kept else [])
    assert b"connection" not in headers


def test_a_websocket_keeps_its_upgrade():
    headers = forwarded(*UPGRADE, (b"Sec-WebSocket-Protocol", b"vite-hmr"))
    assert headers.first(b"connection") == b"Upgrade"
    assert headers.first(b"upgrade") == b"websocket"
    assert headers.first(b"sec-websocket-protocol") == b"vite-hmr"


def test_a_page_that_gets_a_snippet_is_asked_for_whole_and_in_a_coding_that_can_be_decoded():
    headers = forwarded(
        (b"Accept-Encoding", b"gzip, br, dcz"), (b"If-None-Match", b'"x"'), (b"Range", b"bytes=0-1"), whole_page=True
    )
    assert headers.all(b"accept-encoding") == [b"gzip, br"]
    assert b"accept-encoding" not in forwarded(whole_page=True)
    assert b"if-none-match" not in headers
    assert b"range" not in headers


def test_other_requests_keep_their_codings_and_conditions():
    headers = forwarded((b"Accept-Encoding", b"gzip, br"), (b"If-None-Match", b'"x"'))
    assert headers.first(b"accept-encoding") == b"gzip, br"
    assert headers.first(b"if-none-match") == b'"x"'


def test_carries_the_mark_that_finds_loops():
    assert forwarded().first(LOOP_FIELD.lower()) == b"mark"


def test_host_is_rewritten_and_the_browsers_one_still_told():
    sent = forward_request(request(), CAME_BY, b"mark", whole_page=False, host=b"staging.test:8443").headers
    assert [value for name, value in sent if name.lower() == b"host"] == [b"staging.test:8443"]
    assert sent.first(b"x-forwarded-host") == request().headers.first(b"host")


def test_a_remote_is_asked_as_a_browser_would_ask_it():
    pair = Pair(Remote("https", "staging.test", 443), b"https://web.test:8443")
    asking = request((b"Origin", b"https://web.test:8443"), (b"Cookie", b"a=b"), (b"X-Forwarded-For", b"6.6.6.6"))
    sent = forward_request(asking, CAME_BY, b"mark", whole_page=False, host=b"staging.test", remotes=(pair,)).headers
    assert list(sent) == [
        (b"Host", b"staging.test"),
        (b"Origin", b"https://staging.test"),
        (b"Cookie", b"a=b"),
        (LOOP_FIELD, b"mark"),
    ]


def test_a_request_goes_upstream_as_http_1_1():
    old = Request(b"GET", b"/", Headers([(b"Host", b"web.test")]), b"1.0")
    assert forward_request(old, CAME_BY, b"mark", whole_page=False).http_version == b"1.1"


def test_a_response_loses_the_upstreams_connection_fields_and_keeps_its_cookies_apart():
    fields = [(b"Set-Cookie", b"a=1"), (b"Connection", b"close, X-Hop"), (b"X-Hop", b"1"), (b"Set-Cookie", b"b=2")]
    answer = forward_response(Response(200, Headers([*fields, (b"Transfer-Encoding", b"chunked")]), b"OK", b"1.0"))
    assert list(answer.headers) == [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")]
    assert answer.http_version == b"1.1"


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        ([(b"Last-Modified", DAY)], [(b"Cache-Control", b"no-cache")]),
        ([(b"last-modified", DAY), (b"Connection", b"close")], [(b"Cache-Control", b"no-cache")]),
        ([(b"Last-Modified", DAY), (b"Cache-Control", b"max-age=60")], []),
        ([(b"Last-Modified", DAY), (b"Expires", DAY)], []),
        ([(b"ETag", b'"1"')], []),
    ],
)
@pytest.mark.parametrize("is_frozen", [False, True])
def test_no_browser_has_to_guess_how_long_an_answer_is_fresh(fields, added, is_frozen):
    headers = Headers(fields)
    answer = forward_response(Response(200, headers.freeze() if is_frozen else headers, b"OK", b"1.1"))
    assert list(answer.headers) == [*(pair for pair in fields if pair[0] != b"Connection"), *added]


@pytest.mark.parametrize(
    ("status", "fields", "passed"),
    [
        (426, UPGRADE, [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]),
        (426, [(b"Upgrade", b"a/1"), (b"upgrade", b"b")], [(b"Connection", b"Upgrade"), (b"Upgrade", b"a/1, b")]),
        (426, [], []),
        (200, UPGRADE, []),
    ],
)
def test_only_an_answer_that_requires_an_upgrade_says_to_what(status, fields, passed):
    received = Headers([(b"Server", b"x"), *fields]).freeze()
    forward_response(Response(204, received))  # which may share the fields, and what was made of them
    assert list(forward_response(Response(status, received)).headers) == [(b"Server", b"x"), *passed]


def test_an_interim_response_loses_the_upstreams_connection_fields_too():
    fields = [(b"Link", b"</a>"), (b"Connection", b"close, X-Hop"), (b"X-Hop", b"1"), (b"Link", b"</b>")]
    hints = forward_interim(InformationalResponse(103, Headers(fields), b"Early Hints"))
    assert hints == InformationalResponse(103, Headers([(b"Link", b"</a>"), (b"Link", b"</b>")]), b"Early Hints")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (UPGRADE, True),
        ([(b"Upgrade", b"websocket")], False),
        ([(b"Connection", b"upgrade"), (b"Upgrade", b"h2c")], False),
    ],
)
def test_recognises_a_websocket_handshake(fields, expected):
    assert is_websocket(request(*fields)) is expected


def test_an_old_client_cannot_ask_for_a_websocket():
    assert not is_websocket(replace(request(*UPGRADE), http_version=b"1.0"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], False),
        ([(b"Content-Length", b"0")], False),
        ([(b"Content-Length", b"10")], True),
        ([(b"Transfer-Encoding", b"chunked")], True),
    ],
)
def test_knows_whether_a_body_follows(fields, expected):
    assert has_body(request(*fields)) is expected


@pytest.mark.parametrize(
    ("method", "fields", "lost_idle", "answered", "expected"),
    [
        (b"GET", [], True, False, True),
        (b"DELETE", [], True, False, True),
        (b"GET", [], False, False, False),
        (b"GET", [], True, True, False),
        (b"POST", [], True, False, False),
        (b"PUT", [(b"Content-Length", b"3")], True, False, False),
    ],
)
def test_retries_only_what_is_safe_to_send_twice(method, fields, lost_idle, answered, expected):
    assert may_retry(request(*fields, method=method), lost_idle=lost_idle, answered=answered) is expected


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        (b"/a", b"web.test:8443", b"/a"),
        (b"/a?u=http://x.test/", b"web.test:8443", b"/a?u=http://x.test/"),
        (b"http://other.test:81/a?b", b"other.test:81", b"/a?b"),
        (b"HTTPS://other.test", b"other.test", b"/"),
        (b"http://other.test?q", b"other.test", b"/?q"),
        (b"*", b"web.test:8443", b"*"),
    ],
)
def test_an_absolute_target_replaces_host(target, host, path):
    form = origin_form(replace(request(), target=target))
    assert (form.headers.all(b"host"), form.target) == ([host], path)


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"http://other.test", b"*"), (b"http://other.test/", b"/"), (b"http://other.test?q", b"/?q")],
)
def test_options_of_a_bare_authority_asks_about_the_whole_server(target, path):
    assert origin_form(replace(request(), method=b"OPTIONS", target=target)).target == path
