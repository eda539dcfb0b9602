from pathlib import Path

import pytest

from devserve.config.checks import Draft, check, doubt
from devserve.config.positions import locate
from devserve.config.values import Origin, Project, Service, Then, WatchRule

ROOT = Path("/repo")
TEXT = "[services.a]\nhost = 1\n[services.b]\n"


def draft(*services: Service, broken: tuple[tuple[str, ...], ...] = (), names: tuple[str, ...] = ()) -> Draft:
    known = frozenset({service.name for service in services} | set(names))
    return Draft(Project(ROOT / "devserve.toml", services=services), locate(TEXT), known, frozenset(broken))


def test_nothing_is_wrong_with_services_that_keep_apart():
    services = (Service("a", ROOT, "a.test", port=1, needs=("b", "other/c")), Service("b", ROOT, "b.test", port=2))
    assert check(draft(*services)) == []


def test_the_other_place_is_named_by_its_line():
    (mistake,) = check(draft(Service("a", ROOT, "x.test", port=1), Service("b", ROOT, "x.test", port=2)))
    assert mistake.location == ("services", "b", "host")
    assert "(line 2)" in mistake.text


def test_a_wrong_key_is_not_blamed_for_what_follows_from_it():
    services = (
        Service("a", ROOT, "x.test", port=2, needs=("Bad",), watch=(WatchRule(("*",), then=Then.RESTART),)),
        Service("b", ROOT, "x.test", port=1),
    )
    broken = (("services", "a", "command"), ("services", "a", "path"))
    assert check(draft(*services, broken=broken, names=("Bad",))) == []
    assert len(check(draft(*services, names=("Bad",)))) == 2


def test_what_a_plugin_may_add_is_in_doubt():
    restarts = WatchRule(("*",), then=Then.RESTART)
    server = Service("a", ROOT, "a.test", needs=("b", "gone"), watch=(restarts,), listen="fd")
    found = draft(server, Service("b", ROOT, "b.test", port=1))
    assert check(found) == []
    assert {key: each.location for key, each in doubt(found).items()} == {
        ("a", ""): ("services", "a"),
        ("a", "gone"): ("services", "a", "needs", 1),
    }
    assert doubt(draft(server, broken=(("services", "a", "command"),), names=("b", "gone"))) == {}


def test_services_that_others_start_may_share_a_port():
    services = (Service("a", ROOT, "a.test", port=1), Service("b", ROOT, "b.test", port=1, command=("x",)))
    assert check(draft(*services)) == []


def test_each_circle_is_one_mistake_at_the_need_that_closes_it():
    services = (
        Service("a", ROOT, "a.test", port=1, needs=("gone/x", "b")),
        Service("b", ROOT, "b.test", port=2, needs=("repo/a",)),  # its own repository's
    )
    (mistake,) = check(draft(*services))
    assert mistake.location == ("services", "a", "needs", 1)


@pytest.mark.parametrize(
    ("upstream", "count"),
    [(None, 1), (Origin(port=1), 1), (Origin(unix_path="/a.sock"), 1), (Origin("https", "b.test", 443), 0)],
)
def test_settings_of_tls_are_for_upstreams_of_https(upstream, count):
    written = locate("[services.a]\nupstream_tls = {}\n")
    for key in ("upstream", "fallback"):
        service = Service("a", ROOT, "a.test", port=1, **{key: upstream})
        found = check(Draft(Project(ROOT / "devserve.toml", services=(service,)), written))
        assert [mistake.location for mistake in found] == [("services", "a", "upstream_tls")] * count


def test_settings_of_tls_are_not_blamed_for_a_wrong_upstream():
    service = Service("a", ROOT, "a.test", port=1)
    written = locate("[services.a]\nupstream_tls = {}\n")
    broken = frozenset({("services", "a", "upstream")})
    assert check(Draft(Project(ROOT / "devserve.toml", services=(service,)), written, broken=broken)) == []
