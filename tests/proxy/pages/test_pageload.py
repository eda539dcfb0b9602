import pytest

from devserve.http1 import Headers, Request, Response
from devserve.proxy.pages.pageload import (
    asks_for_page,
    deciding_fields,
    is_page_load,
    looks_like_html,
    may_be_html,
    not_a_page_load,
    refusal,
)


def request(*fields: tuple[bytes, bytes], method: bytes = b"GET") -> Request:
    return Request(method, b"/", Headers([(b"Host", b"web.test"), *fields]))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request((b"Sec-Fetch-Dest", b"document")), True),
        (request((b"Sec-Fetch-Dest", b"iframe")), True),
        (request((b"Sec-Fetch-Dest", b"empty")), False),
        (request((b"Sec-Fetch-Dest", b"script")), False),
        (request(), True),
        (request((b"X-Requested-With", b"XMLHttpRequest")), False),
        (request((b"Sec-Fetch-Dest", b"frame"), (b"Sec-Fetch-Mode", b"navigate")), True),
        (request((b"Sec-Fetch-Dest", b"object"), (b"Sec-Fetch-Mode", b"navigate")), True),
        (request((b"Sec-Fetch-Dest", b"empty"), (b"Sec-Fetch-Mode", b"navigate")), False),
        (
            request(
                (b"Sec-Fetch-Dest", b"empty"), (b"Sec-Fetch-Mode", b"navigate"), (b"Upgrade-Insecure-Requests", b"1")
            ),
            True,
        ),
        (
            request((b"Sec-Fetch-Dest", b"empty"), (b"Sec-Fetch-Mode", b"cors"), (b"Upgrade-Insecure-Requests", b"1")),
            False,
        ),
        (request((b"Sec-Fetch-Dest", b"embed"), (b"Sec-Fetch-Mode", b"no-cors")), False),
        (request((b"Sec-Fetch-Mode", b"navigate")), True),
        (request((b"Sec-Fetch-Mode", b"cors")), False),
        (request((b"Accept", b"text/css")), True),
        (request((b"Sec-Fetch-Dest", b"empty"), (b"Accept", b"text/html")), False),
        (request((b"HX-Request", b"true"), (b"Sec-Fetch-Dest", b"document")), True),
        (request((b"HX-Request", b"true")), False),
        (request((b"X-Up-Version", b"3")), False),
        (request((b"Turbo-Frame", b"x")), False),
        (request(method=b"POST"), False),
        (request(method=b"HEAD"), False),
    ],
)
def test_only_documents_and_frames_are_page_loads(asked, expected):
    assert is_page_load(asked) is expected
    assert (not_a_page_load(asked) == "") is expected


@pytest.mark.parametrize(
    ("status", "fields", "reason"),
    [
        (200, [], ""),
        (500, [], ""),
        (404, [], ""),
        (206, [], "the status is 206"),
        (304, [], "the status is 304"),
        (302, [], "the status is 302"),
        (200, [(b"Content-Encoding", b"br")], ""),
        (200, [(b"Content-Encoding", b"compress")], "Content-Encoding compress"),
        (200, [(b"Content-Encoding", b"gzip, dcz")], "Content-Encoding gzip, dcz"),
        (200, [(b"Content-Encoding", b"identity")], ""),
        (200, [(b"Content-Disposition", b"attachment; filename=x.html")], "a download"),
        (200, [(b"Content-Type", b"text/html; charset=UTF-16LE")], ""),
    ],
)
def test_says_why_a_page_gets_no_snippet(status, fields, reason):
    assert refusal(request(), Response(status, Headers(fields))) == reason


def test_a_request_that_is_no_page_load_gets_no_snippet():
    assert refusal(request((b"Sec-Fetch-Dest", b"empty")), Response(200, Headers([]))) == "Sec-Fetch-Dest is empty"
    assert refusal(request(method=b"POST"), Response(200, Headers([]))) == "the method is POST"
    assert not_a_page_load(request((b"Sec-Fetch-Mode", b"cors"))) == "Sec-Fetch-Mode is cors"
    assert not_a_page_load(request((b"turbo-frame", b"x"))) == "it has Turbo-Frame"


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        (request((b"Sec-Fetch-Dest", b"empty"), (b"HX-Request", b"true")), (b"Sec-Fetch-Dest", b"Sec-Fetch-Mode")),
        (request((b"Sec-Fetch-Mode", b"cors")), (b"Sec-Fetch-Dest", b"Sec-Fetch-Mode")),
        (request((b"HX-Request", b"true")), (b"HX-Request",)),
        (request(), (b"Sec-Fetch-Dest", b"Sec-Fetch-Mode")),
    ],
)
def test_knows_the_fields_by_which_caches_tell_page_loads_apart(asked, fields):
    assert deciding_fields(asked) == fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], True),
        ([(b"Content-Type", b"text/plain")], False),
        ([(b"X-Content-Type-Options", b"nosniff")], False),
    ],
)
def test_a_response_that_does_not_say_what_it_is_may_be_html(fields, expected):
    assert may_be_html(Response(200, Headers(fields))) is expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(b"text/html", True), (b"Text/HTML; charset=x", True), (b"application/xhtml+xml", True), (b"text/plain", False)],
)
def test_html_is_what_the_response_says_it_is(kind, expected):
    assert looks_like_html(Response(200, Headers([(b"Content-Type", kind)]))) is expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request((b"Sec-Fetch-Dest", b"document")), True),
        (request((b"Sec-Fetch-Dest", b"empty"), (b"Accept", b"text/html")), False),
        (request((b"Accept", b"text/html,*/*")), True),
        (request((b"Accept", b"*/*")), False),
        (request(), False),
    ],
)
def test_only_who_says_so_is_asking_for_a_page(asked, expected):
    assert asks_for_page(asked) is expected
