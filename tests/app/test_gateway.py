from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from devserve import plugins
from devserve.app.gateway import Answering, Gateway, Ports
from devserve.config.values import Livereload, Origin, Project, Service
from devserve.errors import AuthorityError
from devserve.hub.leases import Claim, Lease
from devserve.io.proxy.upstream import OWN
from devserve.proxy import authority_page
from support.authority import authority
from support.proxied import listening, run

ROOT = Path("/nowhere")
WEB = Service("web", ROOT, "shop.test", aliases=("www.shop.test",), port=3000)
API = Service("api", ROOT, "shop.test", path="/api", port=3000)
OWN_LIVE = Service("gulp", ROOT, "shop.test", path="/gulp", livereload=Livereload(source=35729))
QUIET = Service("quiet", ROOT, "quiet.test", port=3000, livereload=Livereload(source="off"))


def gateway(closing: AsyncExitStack, *services: Service) -> Gateway:
    https = listening()
    closing.callback(https.close)
    made = Gateway(Ports(https, None), authority(), None, closing)
    hooks = plugins.load(Project(ROOT / "devserve.toml"))
    for service in services:
        made.add(service, 3000, SimpleNamespace(ready=True), hooks)
    return made


def answering(service: Service, port: int = 3000) -> Answering:
    return Answering(service, port, SimpleNamespace(ready=True), plugins.load(Project(ROOT / "devserve.toml")))


def answers(made: Gateway, host: str, path: str) -> str:
    route = made.site.routes.match(host, path)
    return "nobody" if route is None else f"{route.name} at {route.origin}"


@pytest.mark.parametrize(
    ("removed", "host", "path", "answered"),
    [
        ("api", "shop.test", "/api", "web at http://127.0.0.1:3000"),
        ("api", "livereload.shop.test", "/", f"devserve at {OWN}"),
        ("web", "shop.test", "/api", "api at http://127.0.0.1:3000"),
        ("web", "shop.test", "/", "nobody"),
        ("web", "www.shop.test", "/", "nobody"),
        ("web", "shop.test", authority_page.PATH, f"devserve at {OWN}"),
        ("quiet", "quiet.test", "/", "nobody"),
        ("quiet", "quiet.test", authority_page.PATH, "nobody"),
        ("quiet", "devserve.localhost", "/", f"devserve at {OWN}"),
    ],
)
def test_who_answers_after_a_service_is_removed(removed, host, path, answered):
    async def scene() -> None:
        async with AsyncExitStack() as closing:
            made = gateway(closing, WEB, API, QUIET)
            made.remove(removed)
            assert answers(made, host, path) == answered

    run(scene())


def test_the_next_service_says_who_answers_at_a_shared_livereload_host():
    async def scene() -> None:
        async with AsyncExitStack() as closing:
            made = gateway(closing, OWN_LIVE, WEB)
            assert answers(made, "livereload.shop.test", "/") == "gulp at http://127.0.0.1:35729"
            made.remove("gulp")
            assert answers(made, "livereload.shop.test", "/") == f"devserve at {OWN}"

    run(scene())


@pytest.mark.parametrize(
    ("coming", "host", "path", "answered"),
    [
        (answering(WEB, 4000), "shop.test", "/", "web at http://127.0.0.1:4000"),
        (answering(WEB, 4000), "shop.test", "/api", "api at http://127.0.0.1:3000"),
        (answering(WEB, 4000), "livereload.shop.test", "/", f"devserve at {OWN}"),
        (answering(WEB, 4000), "shop.test", authority_page.PATH, f"devserve at {OWN}"),
        (answering(replace(WEB, host="new.test")), "new.test", "/", "web at http://127.0.0.1:3000"),
        (answering(replace(WEB, host="new.test")), "shop.test", "/", "nobody"),
        (answering(replace(WEB, aliases=())), "www.shop.test", "/", "nobody"),
        (answering(replace(WEB, aliases=("w.test",))), "w.test", authority_page.PATH, f"devserve at {OWN}"),
        (answering(replace(WEB, path="/web")), "shop.test", "/", "nobody"),
        (answering(replace(WEB, livereload=Livereload(35729))), "quiet.test", "/", "quiet at http://127.0.0.1:3000"),
    ],
)
def test_who_answers_after_a_service_is_replaced(coming, host, path, answered):
    async def scene() -> None:
        async with AsyncExitStack() as closing:
            made = gateway(closing, WEB, API, QUIET)
            made.replace(["web"], [coming])
            assert answers(made, host, path) == answered

    run(scene())


def test_a_livereload_host_that_stays_may_be_answered_by_another_server():
    async def scene() -> None:
        async with AsyncExitStack() as closing:
            made = gateway(closing, WEB)
            made.replace(["web"], [answering(replace(WEB, livereload=Livereload(source=35729)))])
            assert answers(made, "livereload.shop.test", "/") == "web at http://127.0.0.1:35729"
            made.replace(["web"], [answering(replace(WEB, livereload=Livereload(source="off")))])
            assert answers(made, "livereload.shop.test", "/") == "nobody"

    run(scene())


def test_nothing_changes_when_a_name_may_not_be_signed():
    async def scene() -> None:
        async with AsyncExitStack() as closing:
            made = gateway(closing, WEB)
            with pytest.raises(AuthorityError):
                made.replace(["web"], [answering(replace(WEB, aliases=("new.shop.test", "shop.example")))])
            assert answers(made, "www.shop.test", "/") == "web at http://127.0.0.1:3000"
            assert answers(made, "new.shop.test", "/") == "nobody"

    run(scene())


@pytest.mark.parametrize(("port", "url"), [(443, "https://shop.test/x"), (8443, "https://shop.test:8443/x")])
def test_an_address_shows_the_port_unless_it_is_the_usual_one(port, url):
    async def scene() -> None:
        async with AsyncExitStack() as closing:
            made = gateway(closing)
            made.ports = Ports(SimpleNamespace(port=port), None)
            assert made.url("shop.test", "/x") == url

    run(scene())


def test_a_name_whose_lease_has_ended_is_said_until_somebody_has_it_again():
    mail = Lease(
        9, "/src/mail", "devserve run /src/mail", (Claim("mail.test", "/", "mail"), Claim("x.org", "/", "x", live=True))
    )

    async def scene() -> None:
        async with AsyncExitStack() as closing:
            made = gateway(closing, WEB)
            made.leases_held([mail])
            assert made.site.routes.knows("mail.test")
            assert made.site.others == {("mail.test", "/")}
            made.leases_held([])
            assert made.site.others == set()
            made.lease_ended(mail)
            assert made.site.stopped["mail.test"] is mail
            assert not made.site.routes.knows("mail.test")
            made.leases_held([mail])
            assert "mail.test" not in made.site.stopped
            made.lease_ended(Lease(9, "", "", (Claim("shop.test", "/", "web"),)))
            assert made.site.stopped.keys() <= {"x.org"}  # shop.test is ours

    run(scene())


STAGING = Origin("https", "staging.test", 443)


@pytest.mark.parametrize(
    ("claim", "yielded"),
    [
        (Claim("people.test", "/", "api"), {"people.test"}),
        (Claim("people.test", "/", "api", yields=True), set()),
        (Claim("shop.test", "/", "api"), set()),
        (Claim("other.test", "/", "api"), set()),
    ],
)
def test_a_way_to_a_remote_yields_to_another_devserves_service(claim, yielded):
    async def scene() -> None:
        async with AsyncExitStack() as closing:
            people = Service("people", ROOT, "people.test", upstream=STAGING)
            made = gateway(closing, WEB, people, replace(people, name="search", host="shop.test", path="/search"))
            made.leases_held([Lease(2, "/src/contacts", "devserve run /src/contacts", (claim,))])
            assert made.site.routes.yielded == yielded
            made.leases_held([])
            assert made.site.routes.yielded == set()

    run(scene())


def test_what_comes_or_goes_here_counts_for_what_yields_to_others():
    people = Service("people", ROOT, "people.test", upstream=STAGING)
    claim = Claim("people.test", "/", "api")

    async def scene() -> None:
        async with AsyncExitStack() as closing:
            made = gateway(closing, WEB)
            made.leases_held([Lease(2, "/src/contacts", "devserve run /src/contacts", (claim,))])
            assert made.site.routes.yielded == set()
            made.replace([], [answering(people)])
            assert made.site.routes.yielded == {"people.test"}
            made.remove("people")
            assert made.site.routes.yielded == set()

    run(scene())
