import pytest

from devserve.config.values import Origin
from devserve.http1 import Headers
from devserve.proxy.remote import Pair, cookie_at_home, from_remote, pairs_of, to_remote, url_at_home
from devserve.proxy.routes import Remote, Route

LOCAL = b"https://contacts.shop.test:8443"
REMOTE = Remote("https", "contacts.staging.example.com", 443)
AUTH = Pair(Remote("https", "auth.staging.example.com", 443, "/in"), b"https://auth.shop.test:8443")
PAIRS = (Pair(REMOTE, LOCAL), AUTH)
THERE = b"https://contacts.staging.example.com"


@pytest.mark.parametrize(
    ("scheme", "host", "origin", "neighbour"),
    [
        ("https", b"contacts.shop.test", b"https://contacts.shop.test", b"https://auth.shop.test"),
        ("https", b"Contacts.Shop.test:443", b"https://contacts.shop.test", b"https://auth.shop.test"),
        ("https", b"contacts.shop.test:8443", LOCAL, AUTH.local),
        ("http", b"contacts.shop.test:80", b"http://contacts.shop.test", b"http://auth.shop.test"),
    ],
)
def test_our_origins_are_written_as_a_browser_writes_them(scheme, host, origin, neighbour):
    route, auth, local = (
        Route(name, "/", Origin(), remote=remote)
        for name, remote in (("contacts.shop.test", REMOTE), ("auth.shop.test", AUTH.remote), ("web.shop.test", None))
    )
    assert pairs_of(route, [auth, local], scheme, host) == (Pair(REMOTE, origin), Pair(AUTH.remote, neighbour))
    assert pairs_of(local, [auth], scheme, host) == ()


@pytest.mark.parametrize(
    ("name", "sent", "expected"),
    [
        (b"Origin", LOCAL, THERE),
        (b"Origin", b"https://web.shop.test:8443", b"https://web.shop.test:8443"),
        (b"Origin", b"https://contacts.shop.test", b"https://contacts.shop.test"),
        (b"Origin", b"null", b"null"),
        (b"Origin", AUTH.local, b"https://auth.staging.example.com"),
        (b"Referer", AUTH.local + b"/in", b"https://auth.staging.example.com/in"),
        (b"Referer", LOCAL + b"/login?next=/", THERE + b"/login?next=/"),
        (b"Referer", LOCAL, THERE),
        (b"Referer", LOCAL + b".evil.test/", LOCAL + b".evil.test/"),
        (b"Referer", b"https://web.shop.test:8443/", b"https://web.shop.test:8443/"),
    ],
)
def test_a_request_that_speaks_of_us_speaks_of_the_remote(name, sent, expected):
    headers = Headers([(b"Accept", b"*/*"), (name, sent)])
    to_remote(headers, PAIRS)
    assert list(headers) == [(b"Accept", b"*/*"), (name, expected)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (THERE + b"/login?next=%2F#top", LOCAL + b"/login?next=%2F#top"),
        (THERE, LOCAL),
        (THERE + b"?q", LOCAL + b"?q"),
        (b"HTTPS://Contacts.Staging.example.com:443/a", LOCAL + b"/a"),
        (b"//contacts.staging.example.com/a", LOCAL + b"/a"),
        (b"http://contacts.staging.example.com/a", LOCAL + b"/a"),
        (b"http://contacts.staging.example.com:8080/a", b"http://contacts.staging.example.com:8080/a"),
        (THERE + b":8443/a", THERE + b":8443/a"),
        (THERE + b".evil.test/", THERE + b".evil.test/"),
        (b"https://evil.test/" + THERE, b"https://evil.test/" + THERE),
        (b"https://user@contacts.staging.example.com/", b"https://user@contacts.staging.example.com/"),
        (b"https://auth.staging.example.com/", b"https://auth.staging.example.com/"),
        (b"https://auth.staging.example.com/in/x", AUTH.local + b"/in/x"),
        (b"/login", b"/login"),
        (b"login", b"login"),
        (b"mailto:ada@contacts.staging.example.com", b"mailto:ada@contacts.staging.example.com"),
        (b"", b""),
    ],
)
def test_a_url_of_the_remote_leads_here_and_no_other(url, expected):
    assert url_at_home(url, PAIRS) == expected


def test_a_remote_by_http_that_leads_to_https_is_no_circle():
    plain = Remote("http", "staging.example.com", 80)
    for url in (b"https://staging.example.com/", b"https://staging.example.com:80/"):
        assert url_at_home(url, [Pair(plain, LOCAL)]) == url
    assert url_at_home(b"http://staging.example.com/", [Pair(plain, LOCAL)]) == LOCAL + b"/"


@pytest.mark.parametrize(
    ("path", "leads_here"), [(b"/api", True), (b"/api/x?y", True), (b"/api?y", True), (b"/apis", False), (b"", False)]
)
def test_only_what_lies_below_the_services_path_answers_here(path, leads_here):
    remote = Remote("https", "contacts.staging.example.com", 443, "/api")
    assert url_at_home(THERE + path, [Pair(remote, LOCAL)]) == (LOCAL if leads_here else THERE) + path


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        (b"a=1", b"a=1"),
        (b"a=1; Domain=contacts.staging.example.com; Path=/", b"a=1; Path=/"),
        (b"a=1; Path=/x; domain=.Staging.Example.com; Secure; HttpOnly", b"a=1; Path=/x; Secure; HttpOnly"),
        (b"a=1;Domain=", b"a=1"),
        (b"a=1; Domain=other.example.com", b"a=1; Domain=other.example.com"),
        (b"a=1; Domain=taging.example.com", b"a=1; Domain=taging.example.com"),
        (b"a=domain=x; Max-Age=60; SameSite=None; Secure", b"a=domain=x; Max-Age=60; SameSite=None; Secure"),
        (b"__Host-a=1; Path=/; Secure; Partitioned", b"__Host-a=1; Path=/; Secure; Partitioned"),
        (b"__Secure-a=1; Domain=example.com; Secure", b"__Secure-a=1; Secure"),
        (b"a=1; expires=Wed, 01 Jan 2031 00:00:00 GMT", b"a=1; expires=Wed, 01 Jan 2031 00:00:00 GMT"),
    ],
)
def test_a_cookie_of_the_remotes_domain_is_for_our_host_alone(cookie, expected):
    assert cookie_at_home(cookie, PAIRS) == expected


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        (b"a=1; Secure; SameSite=None; Partitioned; Path=/", b"a=1; Path=/"),
        (b"a=1; SameSite = none; HttpOnly", b"a=1; HttpOnly"),
        (b"a=1; SameSite=Lax; Secure", b"a=1; SameSite=Lax"),
        (b"__Host-a=1; Path=/; Secure", b"__Host-a=1; Path=/; Secure"),
    ],
)
def test_a_cookie_is_kept_over_plain_http_unless_its_name_forbids_it(cookie, expected):
    assert cookie_at_home(cookie, [Pair(REMOTE, b"http://contacts.shop.test")]) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (b"Content-Location", THERE + b"/a", LOCAL + b"/a"),
        (b"Refresh", b"5; url=" + THERE + b"/a", b"5; url=" + LOCAL + b"/a"),
        (b"Refresh", b"0;URL='" + THERE + b"/a'", b"0;URL='" + LOCAL + b"/a'"),
        (b"Refresh", b"5", b"5"),
        (b"Refresh", b"5; url=/a", b"5; url=/a"),
        (
            b"Link",
            b"<" + THERE + b"/a.css>; rel=preload, <https://cdn.test/b>; rel=x",
            b"<" + LOCAL + b"/a.css>; rel=preload, <https://cdn.test/b>; rel=x",
        ),
        (b"Access-Control-Allow-Origin", THERE, LOCAL),
        (b"Access-Control-Allow-Origin", b"https://auth.staging.example.com", AUTH.local),
        (b"Access-Control-Allow-Origin", b"*", b"*"),
        (b"Access-Control-Allow-Origin", b"https://web.shop.test", b"https://web.shop.test"),
        (b"X-Other", THERE, THERE),
    ],
)
def test_an_answer_names_our_origin(name, value, expected):
    assert list(from_remote(Headers([(name, value)]), PAIRS)) == [(name, expected)]


def test_promises_for_the_remotes_name_are_not_made_for_ours():
    sent = [(b"strict-transport-security", b"max-age=9; includeSubDomains"), (b"Alt-Svc", b'h3=":443"'), (b"A", b"1")]
    assert list(from_remote(Headers(sent), PAIRS)) == [(b"A", b"1")]


def test_a_cookie_of_another_remote_is_not_ours():
    cookie = b"a=1; Domain=auth.staging.example.com"
    assert cookie_at_home(cookie, PAIRS) == cookie


def test_cookies_stay_apart_and_in_their_order():
    sent = [(b"Set-Cookie", b"a=1; Domain=example.com"), (b"A", b"1"), (b"set-cookie", b"b=2")]
    expected = [(b"Set-Cookie", b"a=1"), (b"A", b"1"), (b"set-cookie", b"b=2")]
    assert list(from_remote(Headers(sent), PAIRS)) == expected


def test_an_answer_without_any_such_field_is_passed_as_it_is():
    headers = Headers([(b"Content-Type", b"text/plain")]).freeze()
    assert from_remote(headers, PAIRS) is headers
