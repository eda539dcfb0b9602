from dataclasses import replace
from pathlib import Path

import pytest

from devserve.config.values import Livereload, Origin, Service
from devserve.errors import RemoteProtocolError
from devserve.hub.leases import Claim, Lease, Leases, as_message, claims_of, from_message, leases_in, refusal

SHOP = Lease(1, "/src/shop", "devserve run /src/shop", (Claim("shop.test", "/", "web"), Claim("a.test", "/", "web")))
MAIL = Lease(2, "/src/mail", "devserve run /src/mail", (Claim("mail.test", "/", "mail"),))


def test_a_host_belongs_to_the_lease_that_claims_it():
    leases = Leases([SHOP, MAIL])
    assert [leases.holder(host) for host in ("shop.test", "a.test", "mail.test", "x.test")] == [SHOP, SHOP, MAIL, None]
    assert leases.end(1) is SHOP
    assert leases.holder("shop.test") is None
    assert list(leases) == [MAIL]
    assert leases.end(1) is None


def test_a_lease_that_is_granted_again_takes_the_place_of_the_earlier_one():
    leases = Leases([SHOP])
    leases.grant(replace(SHOP, claims=(Claim("new.test", "/", "web"),)))
    assert leases.holder("shop.test") is None
    assert len(leases) == 1


@pytest.mark.parametrize(
    ("claims", "taken"),
    [
        ([Claim("mail.test", "/", "other")], "mail.test"),
        ([Claim("mail.test", "/api", "other")], "mail.test"),
        ([Claim("x.test", "/", "other")], None),
        ([], None),
    ],
)
def test_a_claim_conflicts_with_who_holds_its_host(claims, taken):
    found = Leases([SHOP, MAIL]).conflict(Lease(3, "/src/x", "", tuple(claims)))
    assert (found and (found[0].host, found[1])) == (taken and (taken, MAIL))
    assert Leases([SHOP, MAIL]).conflict(replace(MAIL, claims=tuple(claims))) is None


@pytest.mark.parametrize(
    ("path", "branch", "said"),
    [
        (
            "/",
            "feature-cart",
            "mail.test is served by the devserve of /src/mail (pid 2) already. Stop it there with Ctrl-C, or give these"
            " services names of their own: devserve run --sub-name feature-cart (then m is at feature-cart.mail.test)",
        ),
        (
            "/",
            "",
            "mail.test is served by the devserve of /src/mail (pid 2) already. Stop it there with Ctrl-C, or give these"
            " services names of their own: devserve run --sub-name my (then m is at my.mail.test)",
        ),
        (
            "/api",
            "",
            "mail.test/api belongs to a host that the devserve of /src/mail (pid 2) serves (mail.test). Services of one"
            " host run in one devserve: stop that one, then devserve run /src/mail and this folder together.",
        ),
    ],
)
def test_a_refusal_names_the_holder_and_what_to_do(path, branch, said):
    assert refusal(Lease(3, "/x", "", branch=branch), Claim("mail.test", path, "m"), MAIL) == said


def test_services_claim_their_hosts_and_the_one_of_live_reload():
    root = Path("/src/shop")
    services = [
        Service("web", root, "shop.test", aliases=("www.shop.test",)),
        Service("api", root, "shop.test", path="/api", livereload=Livereload(source="off")),
    ]
    assert [(claim.url, claim.live) for claim in claims_of(services)] == [
        ("shop.test", False),
        ("www.shop.test", False),
        ("livereload.shop.test", True),
        ("shop.test/api", False),
    ]


def test_a_lease_comes_out_of_its_message_as_it_went_in():
    assert from_message(as_message(replace(SHOP, branch="x"))) == replace(SHOP, branch="x")
    assert leases_in({"roster": [as_message(SHOP), as_message(MAIL)]}, "roster") == (SHOP, MAIL)
    assert leases_in({}, "roster") == ()


@pytest.mark.parametrize("found", [None, {}, {**as_message(SHOP), "pid": "1"}, {**as_message(SHOP), "claims": [["a"]]}])
def test_what_is_no_lease_is_refused(found):
    with pytest.raises(RemoteProtocolError):
        from_message(found)


YIELDING = Lease(3, "/src/x", "devserve run /src/x", (Claim("mail.test", "/", "contacts", yields=True),))


@pytest.mark.parametrize("order", [(MAIL, YIELDING), (YIELDING, MAIL)])
def test_a_way_to_a_remote_yields_to_the_service_and_holds_again_when_that_has_gone(order):
    leases = Leases([SHOP])
    for lease in order:
        assert leases.conflict(lease) is None
        leases.grant(lease)
    assert leases.holder("mail.test") is MAIL
    leases.end(MAIL.pid)
    assert leases.holder("mail.test") is YIELDING


def test_of_two_ways_to_a_remote_the_first_holds():
    leases = Leases([YIELDING])
    later = replace(YIELDING, pid=4)
    assert leases.conflict(later) is None
    leases.grant(later)
    assert leases.holder("mail.test") is YIELDING


def test_a_remote_service_yields():
    upstream = Origin("https", "contacts.staging.test", 443)
    (host, live) = claims_of([Service("contacts", Path("/src/shop"), "contacts.test", upstream=upstream)])
    assert (host.yields, live.yields) == (True, True)
    assert from_message(as_message(replace(SHOP, claims=(host, live)))).claims == (host, live)
