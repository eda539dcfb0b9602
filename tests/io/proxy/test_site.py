import pytest

from devserve.config.values import Origin, Service
from devserve.errors import StreamLostError
from devserve.io.proxy.site import Served, Site
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.upstream import OWN, Upstreams
from devserve.proxy.routes import Route, Routes
from support.proxied import Backend, Hooks, no_own_pages, run, until
from support.streams import joined

AT_8443 = ("mail.test:8443/", "web.shop.test:8443/", "web.shop.test:8443/admin")


@pytest.mark.parametrize(
    ("host", "scheme", "port", "urls"),
    [
        (
            "lost.shop.test",
            "https",
            443,
            ["https://mail.test/", "https://web.shop.test/", "https://web.shop.test/admin"],
        ),
        ("shop.test", "http", 80, ["http://mail.test/", "http://web.shop.test/", "http://web.shop.test/admin"]),
        ("x.shop.test", "https", 8443, [f"https://{name}" for name in AT_8443]),
        ("notshop.test", "https", 443, []),
        ("evil.test", "https", 443, []),
    ],
)
def test_the_right_hosts_are_told_only_to_who_asks_below_our_domains(tmp_path, host, scheme, port, urls):
    service = Service("web", tmp_path, "web.shop.test")
    routes = Routes(
        [
            Route("web.shop.test", "/", Origin(), service),
            Route("web.shop.test", "/admin", Origin(), service),
            Route("livereload.web.shop.test", "/", OWN),
        ]
    )
    site = Site(routes, Upstreams(Sweeper(), no_own_pages), b"mark", frozenset({"shop.test"}))
    site.others = frozenset({("mail.test", "/"), ("web.shop.test", "/")})
    assert site.urls(host, scheme, port) == urls


def test_who_has_gone_before_it_would_wait_has_no_place_and_no_turn(tmp_path):
    """A turn later its connection may be lost as well, and would be told of twice."""

    async def conversation() -> None:
        client, peer = await joined()
        peer.close()
        await until(lambda: client.eof)
        served = Served(Service("web", tmp_path, "web.test"), Backend(ready=False), Hooks())
        with pytest.raises(StreamLostError):
            served.wait_ready(1, client).send(None)
        assert (served.waiting, client.on_gone) == (0, None)
        client.close()

    run(conversation())
