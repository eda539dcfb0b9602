from pathlib import Path

import pytest

from devserve.config.values import Origin, Service
from devserve.proxy.routes import (
    Remote,
    Route,
    Routes,
    host_of,
    path_of,
    port_of,
    remote_of,
    routes_of,
    under,
)


def route(host: str, path: str = "/", port: int = 3000) -> Route:
    return Route(host, path, Origin(port=port), Service("web", Path("/repo"), host))


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("web.test", "web.test"),
        ("WEB.Test:8443", "web.test"),
        ("web.test.", "web.test"),
        ("[::1]:443", "[::1]"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("", ""),
    ],
)
def test_the_host_is_lower_case_without_port_and_trailing_dot(authority, host):
    assert host_of(authority) == host


@pytest.mark.parametrize(
    ("authority", "scheme", "port"),
    [
        ("web.test", "https", 443),
        ("web.test", "http", 80),
        ("web.test:8443", "https", 8443),
        ("[::1]:8080", "http", 8080),
        ("[::1]", "https", 443),
        ("web.test:", "https", 443),
        ("443", "https", 443),
    ],
)
def test_the_port_is_the_one_the_browser_named(authority, scheme, port):
    assert port_of(authority, scheme) == port


@pytest.mark.parametrize(
    ("target", "path"),
    [("/", "/"), ("/a?b=/c", "/a"), ("*", "*"), ("?x", "/")],
)
def test_the_path_ends_before_the_query(target, path):
    assert path_of(target) == path


@pytest.mark.parametrize(
    ("path", "prefix", "expected"),
    [
        ("/api", "/api", True),
        ("/api/x", "/api", True),
        ("/apis", "/api", False),
        ("/", "/api", False),
        ("/anything", "/", True),
    ],
)
def test_a_prefix_covers_whole_segments(path, prefix, expected):
    assert under(path, prefix) is expected


def test_the_longest_path_wins_whatever_the_order():
    short, long = route("web.test", "/", 1), route("web.test", "/dashboard", 2)
    for order in ([short, long], [long, short]):
        routes = Routes(order)
        assert routes.match("web.test", "/dashboard/today") is long
        assert routes.match("web.test", "/dash") is short


@pytest.mark.parametrize("host", ["evil.test", "web.test.evil.test", "evilweb.test", "", "127.0.0.1", "web.test:80"])
def test_other_hosts_have_no_route(host):
    assert Routes([route("web.test")]).match(host, "/") is None


def test_hosts_are_the_configured_ones():
    routes = Routes([route("a.test"), route("b.test"), route("b.test", "/x")])
    assert routes.hosts == {"a.test", "b.test"}
    assert routes.knows("a.test")
    assert not routes.knows("c.test")


def test_iterates_over_all_routes():
    assert [each.host for each in Routes([route("a.test"), route("b.test")])] == ["a.test", "b.test"]


def test_a_route_without_service_is_devserves_own():
    assert Route("devserve.localhost", "/", Origin()).name == "devserve"


def test_other_devserves_hosts_are_known_and_have_no_route_here():
    routes = Routes()
    routes.elsewhere = frozenset(["mail.test"])
    assert routes.knows("mail.test")
    assert routes.match("mail.test", "/") is None


def test_routes_are_removed():
    web, api = route("shop.test"), route("shop.test", "/api")
    routes = Routes([web, api])
    routes.remove(lambda each: each is api)
    assert list(routes) == [web]
    assert routes.find("shop.test", b"/api") is web


@pytest.mark.parametrize(
    ("origin", "sent_host", "remote"),
    [
        (Origin(), "", None),
        (Origin(), "staging.example.com", None),
        (Origin(unix_path="/run/app.sock"), "staging.example.com", None),
        (Origin("https", "Staging.example.com", 443), "", "https://staging.example.com"),
        (Origin("https", "staging.example.com", 8443), "", "https://staging.example.com:8443"),
        (Origin("http", "2001:db8::1", 80), "", "http://[2001:db8::1]"),
        (Origin("https", "192.168.1.5", 8443), "staging.example.com", "https://staging.example.com"),
        (Origin("https", "192.168.1.5", 443), "Staging.example.com:81", "https://staging.example.com:81"),
    ],
)
def test_a_remote_calls_itself_by_the_host_that_it_is_sent(origin, sent_host, remote):
    found = remote_of(origin, sent_host)
    assert (found and found.origin) == remote


def test_each_host_of_a_service_has_a_route():
    staging = Origin("https", "staging.example.com", 443)
    service = Service("web", Path("/repo"), "web.test", aliases=("www.test",), path="/api", upstream=staging)
    remote = Remote("https", "staging.example.com", 443, "/api")
    made = [(each.host, each.path, each.origin, each.sent_host, each.remote) for each in routes_of(service, Origin())]
    assert made == [(host, "/api", staging, b"staging.example.com", remote) for host in ("web.test", "www.test")]


def test_a_service_on_this_machine_hears_what_the_browser_asked_for():
    (made,) = routes_of(Service("web", Path("/repo"), "web.test"), Origin(port=3000))
    assert (made.origin, made.sent_host, made.remote) == (Origin(port=3000), b"", None)


def test_a_fallback_is_a_route_of_its_own_under_its_own_name():
    staging = Origin("https", "staging.example.com", 443)
    service = Service("web", Path("/repo"), "web.test", path="/api", fallback=staging, upstream_host="localhost:3000")
    (made,) = routes_of(service, Origin(port=3000))
    assert (made.origin, made.sent_host, made.stands_in) == (Origin(port=3000), b"localhost:3000", False)
    there = made.fallback
    assert there is not None
    assert (there.origin, there.sent_host, there.stands_in) == (staging, b"staging.example.com", True)
    assert (there.host, there.path, there.remote) == ("web.test", "/api", remote_of(staging, path="/api"))


def test_the_routes_to_remotes_are_known_fallbacks_among_them():
    staging = Origin("https", "staging.example.com", 443)
    made = [
        *routes_of(Service("web", Path("/repo"), "web.test", fallback=staging), Origin(port=3000)),
        *routes_of(Service("search", Path("/repo"), "search.test", upstream=staging), Origin()),
        route("local.test"),
    ]
    routes = Routes(made)
    assert routes.to_remotes == (made[0].fallback, made[1])
    routes.remove(lambda each: each is made[1])
    assert routes.to_remotes == (made[0].fallback,)
