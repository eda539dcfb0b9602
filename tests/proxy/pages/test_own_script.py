import pytest

from devserve.proxy.pages.markup import Kind, Token
from devserve.proxy.pages.own_script import REPLACED, Address, Standing, disarmed, loads_itself, script_source

HTTPS = Address("https", 443, "https://l.test")
HTTP = Address("http", 8080, "http://l.test:8080")


@pytest.mark.parametrize(
    ("address", "source", "standing"),
    [
        (HTTPS, "http://localhost:35729/livereload.js?snipver=1", Standing.STALE),
        (HTTPS, "//web.test:35729/livereload.js", Standing.STALE),
        (HTTPS, "http://web.test/livereload.js", Standing.STALE),
        (HTTPS, " http://[::1]:35730/x/zlivereload.js", Standing.STALE),
        (HTTPS, "https://l.test/livereload.js?port=443", Standing.PROXIED),
        (HTTPS, "//L.test/livereload.js?port=443", Standing.PROXIED),
        (HTTPS, "https://web.test:35729/livereload.js", Standing.ELSEWHERE),
        (HTTPS, "//cdn.test/livereload.js", Standing.ELSEWHERE),
        (HTTPS, "/livereload.js?port=443", Standing.ELSEWHERE),
        (HTTPS, "livereload.js", Standing.ELSEWHERE),
        (HTTPS, "/app.js", Standing.NONE),
        (HTTPS, "/app.js?livereload.js", Standing.NONE),
        (HTTPS, "http://x:port/livereload.js", Standing.NONE),
        (HTTPS, "http://[/livereload.js", Standing.NONE),
        (HTTP, "http://localhost:35729/livereload.js", Standing.STALE),
        (HTTP, "http://l.test:8080/livereload.js?port=8080", Standing.PROXIED),
        (HTTP, "http://web.test:8080/livereload.js", Standing.ELSEWHERE),
    ],
)
def test_tells_where_a_page_loads_livereload_from(address, source, standing):
    assert address.standing(source) is standing


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ('<script src="/a.js">', "/a.js"),
        ("<script type=module src=/a.js>", "/a.js"),
        ("<script type=application/json src=/a.js>", None),
        ("<script>", None),
    ],
)
def test_finds_what_a_tag_loads(text, source):
    found = script_source(Token(Kind.START, text, "script"))
    assert (found.value if found else None) == source


def test_an_inert_tag_loads_nothing():
    assert script_source(Token(Kind.START, "<script src=/a.js>", "script", inert=True)) is None


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p><script src='https://l.test/livereload.js?port=443'></script>", True),
        ("<p><script src=/livereload.js></script>", True),
        ("<p><script src='http://localhost:35729/livereload.js'></script>", False),
        ("<!-- <script src=/livereload.js></script> -->", False),
        ("<script>'<script src=/livereload.js>'</script>", False),
        ("<template><script src=/livereload.js></script></template>", False),
        ("<p title='<script src=/livereload.js>'>", False),
        ("<p>no livereload.js", False),
    ],
)
def test_knows_a_page_that_loads_it_itself(page, expected):
    assert loads_itself(page, HTTPS) is expected


def test_a_tag_that_would_load_it_again_loads_nothing():
    token = Token(Kind.START, '<script src="http://web.test:35729/livereload.js" async>', "script")
    source = script_source(token)
    assert source is not None
    assert disarmed(token, source) == f"<script {REPLACED} async>"
