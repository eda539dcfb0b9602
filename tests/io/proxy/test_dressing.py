import pytest

from support.proxied import PAGE_LOAD, Hooks, WithoutHotClient, answering, asked, proxied, run

SCRIPT = b'<script src="https://livereload.web.test/livereload.js?port=443"></script>'


def page(html: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(html), html)


def test_a_page_load_gets_the_snippet_and_the_plugins_field():
    got = asked(answering(page(b"<!doctype html><html><head><title>x</title>")), PAGE_LOAD, hooks=Hooks())
    assert b"\r\nX-Devserve: injected\r\n" in got
    assert b"\r\nX-Hook: web\r\n" in got
    assert b"<head>" + SCRIPT + b"<title>" in got


def test_a_page_that_is_not_injected_says_why():
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nzz"
    got = asked(answering(answer), PAGE_LOAD, hooks=Hooks())
    assert b"X-Devserve: not injected: the body is not gzip" in got
    assert got.endswith(b"zz")


@pytest.mark.parametrize(
    ("html", "dev_server"),
    [(b'<head><script type="module" src="/@vite/client"></script>', "vite"), (b"<head><p>/@vite/", "")],
)
def test_a_page_with_a_hot_client_of_its_own_gets_no_second_one_from_the_first_on(html, dev_server):
    async def conversation() -> tuple[bytes, str]:
        async with proxied(answering(page(html)), hooks=WithoutHotClient()) as proxy:
            got = await proxy.ask(PAGE_LOAD)
            return got, proxy.site.served["web"].service.dev_server

    got, found = run(conversation())
    assert found == dev_server
    assert (SCRIPT in got) is (dev_server == "")
