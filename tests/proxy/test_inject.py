import pytest

from devserve.http1 import Headers, Request, Response
from devserve.proxy.inject import PROLOGUE_LIMIT, Injector, asks_for_page, is_page_load, looks_like_html, refusal

SNIPPET = b"<SNIPPET>"
PAGES = {
    "whole": b"<!doctype html><html lang=en><head><title>x</title></head><body></body></html>",
    "no html tag": b"<!DOCTYPE html>\n<head class='a>b'>\n<meta charset=utf-8>",
    "no head tag": b"<!doctype html>\n<title>x</title><p>text",
    "no tag at all": b"just text",
    "header element": b"<!doctype html><header>x</header>",
    "comment first": b'<!-- <head> is not here --><!doctype html><!-- x --><html><head data-x="<>"><title>',
    "abrupt comments": b"<!--><!---><!doctype html><p>",
    "byte order mark": b"\xef\xbb\xbf<!doctype html><html><head><p>",
    "xml": b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML" "x"><html xmlns="y"><head><p/>',
    "only a prologue": b"<!doctype html><html><head>",
    "an unfinished tag": b"<!doctype html><html lang='x",
    "head in a script": b"<!doctype html><script>'<head>'</script>",
    "less than": b"<",
    "utf-16": "<!doctype html><html><head>".encode("utf-16"),
    "empty": b"",
}
EXPECTED = {
    "whole": b"<!doctype html><html lang=en><head><SNIPPET><title>x</title></head><body></body></html>",
    "no html tag": b"<!DOCTYPE html>\n<head class='a>b'>\n<SNIPPET><meta charset=utf-8>",
    "no head tag": b"<!doctype html>\n<SNIPPET><title>x</title><p>text",
    "no tag at all": b"<SNIPPET>just text",
    "header element": b"<!doctype html><SNIPPET><header>x</header>",
    "comment first": b'<!-- <head> is not here --><!doctype html><!-- x --><html><head data-x="<>"><SNIPPET><title>',
    "abrupt comments": b"<!--><!---><!doctype html><SNIPPET><p>",
    "byte order mark": b"\xef\xbb\xbf<!doctype html><html><head><SNIPPET><p>",
    "only a prologue": b"<!doctype html><html><head><SNIPPET>",
    "an unfinished tag": b"<!doctype html><SNIPPET><html lang='x",
    "head in a script": b"<!doctype html><SNIPPET><script>'<head>'</script>",
    "less than": b"<SNIPPET><",
    "utf-16": PAGES["utf-16"],
    "empty": b"",
}


def injected(*chunks: bytes) -> bytes:
    injector = Injector(SNIPPET)
    return b"".join(injector.feed(chunk) for chunk in chunks) + injector.close()


@pytest.mark.parametrize("name", EXPECTED)
def test_inserts_at_the_start_of_the_head(name):
    assert injected(PAGES[name]) == EXPECTED[name]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_output_does_not_depend_on_the_cut(page):
    whole = injected(page)
    for cut in range(len(page) + 1):
        assert injected(page[:cut], page[cut:]) == whole
    assert injected(*(page[index : index + 1] for index in range(len(page)))) == whole


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_without_the_snippet_the_output_is_the_input(page):
    assert injected(page).replace(SNIPPET, b"") == page


def test_nothing_behind_the_snippet_is_held_back():
    injector = Injector(SNIPPET)
    assert injector.feed(b"<!doctype html><p>a") == b"<!doctype html><SNIPPET><p>a"
    assert injector.feed(b"<p") == b"<p"


@pytest.mark.parametrize("size", [PROLOGUE_LIMIT, PROLOGUE_LIMIT + 1000])
def test_an_endless_prologue_is_passed_on_not_held(size):
    page = b"<!--" + b"x" * size
    injector = Injector(SNIPPET)
    assert injector.feed(page) == page
    assert injected(page[:100], page[100:]) == page


def test_an_empty_snippet_changes_nothing():
    assert Injector(b"").feed(b"<html>") == b"<html>"


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
        (request((b"HX-Request", b"true"), (b"Sec-Fetch-Dest", b"document")), False),
        (request((b"Turbo-Frame", b"x")), False),
        (request(method=b"POST"), False),
        (request(method=b"HEAD"), False),
    ],
)
def test_only_documents_and_frames_are_page_loads(asked, expected):
    assert is_page_load(asked) is expected


@pytest.mark.parametrize(
    ("status", "fields", "reason"),
    [
        (200, [], ""),
        (500, [], ""),
        (206, [], "status 206"),
        (304, [], "status 304"),
        (200, [(b"Content-Encoding", b"br")], "Content-Encoding br"),
        (200, [(b"Content-Encoding", b"identity")], ""),
        (200, [(b"Content-Disposition", b"attachment; filename=x.html")], "a download"),
        (200, [(b"Content-Type", b"text/html; charset=UTF-16LE")], "charset utf-16"),
    ],
)
def test_says_why_a_page_gets_no_snippet(status, fields, reason):
    assert refusal(request(), Response(status, Headers(fields))) == reason


def test_a_request_that_is_no_page_load_gets_no_snippet():
    assert refusal(request((b"Sec-Fetch-Dest", b"empty")), Response(200, Headers([]))) == "not a page load"
    assert refusal(request(method=b"POST"), Response(200, Headers([]))) == "the method is POST"


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
