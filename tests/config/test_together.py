from dataclasses import replace
from pathlib import Path

import pytest

from devserve.config.labels import labelled
from devserve.config.together import check_together, needs_elsewhere, needs_of, unmet_needs
from devserve.config.values import Origin, Project, Service


def project(folder: str, *services: tuple[str, dict[str, object]]) -> Project:
    root = Path("/work") / folder
    made = tuple(Service(name, root, **{"host": f"{name}.test", "port": None, **more}) for name, more in services)
    return Project(root / "devserve.toml", services=made)


SHOP = project("shop", ("web", {"needs": ("api",)}), ("cart", {}))


def test_projects_that_keep_apart_are_right():
    assert check_together([SHOP, project("contacts", ("api", {}))]) == []


@pytest.mark.parametrize(
    ("services", "problem"),
    [
        (
            [("api", {"host": "web.test"})],
            "/work/contacts/devserve.toml: [services.api] answers at https://web.test/ like [services.web] of "
            "/work/shop/devserve.toml; give one of them another host or path",
        ),
        (
            [("api", {"needs": ("shop/web",)})],
            "/work/shop/devserve.toml and /work/contacts/devserve.toml: services need each other in a circle: "
            "web → api → web; take one need out",
        ),
    ],
)
def test_what_excludes_each_other_is_said_with_both_files(services, problem):
    assert check_together([SHOP, project("contacts", *services)]) == [problem]


@pytest.mark.parametrize(
    ("services", "whose"),
    [
        ([("people", {})], 'shop/devserve.toml: [services.web] needs "api"'),
        ([("api", {"needs": ("shop/gone",)})], 'contacts/devserve.toml: [services.api] needs "shop/gone"'),
    ],
)
def test_a_need_that_no_service_meets_is_wrong_once_plugins_have_added_theirs(services, whose):
    contacts = project("contacts", *services)
    assert check_together([SHOP, contacts]) == []
    assert list(unmet_needs([SHOP, contacts])) == [
        f"/work/{whose}, which no service here is called; correct the name, or take it out"
    ]
    assert list(unmet_needs([SHOP, replace(contacts, is_whole=False)])) == []


def test_an_unmet_need_is_said_as_it_was_found_in_the_file():
    assert list(unmet_needs([replace(SHOP, doubts={("web", "api"): "3:1: no api"})])) == ["3:1: no api"]


def test_two_projects_may_not_start_servers_on_one_port():
    started = {"command": ("x",), "port": 3000}
    (problem,) = check_together([project("a", ("one", started)), project("b", ("two", started))])
    assert problem.startswith(
        "/work/b/devserve.toml: port 3000 of [services.two] is that of [services.one] of /work/a/"
    )


def test_two_projects_may_have_services_of_one_name():
    assert check_together([SHOP, project("contacts", ("api", {}), ("cart", {"host": "other.test"}))]) == []


def test_two_files_of_one_folder_may_not():
    root = Path("/work/shop")
    one, other = (
        Project(root / file, services=(Service("web", root, host),)) for file, host in (("a", "a.t"), ("b", "b.t"))
    )
    assert check_together([one, other]) == [
        "/work/shop/a and /work/shop/b both have [services.web]; rename one of them"
    ]


def test_a_need_that_several_repositories_could_meet_is_not_guessed():
    others = [project(folder, ("db", {"host": f"db.{folder}.test"})) for folder in ("contacts", "search")]
    (problem,) = check_together([project("shop", ("web", {"needs": ("db",)})), *others])
    assert problem == (
        '/work/shop/devserve.toml: [services.web] needs "db", which several repositories have; '
        'write "contacts/db" or "search/db"'
    )


def test_a_need_means_a_service_of_its_own_repository_first():
    shop = project("shop", ("web", {"needs": ("db",)}), ("db", {}))
    assert check_together([shop, project("contacts", ("db", {"host": "db.contacts.test"}))]) == []


@pytest.mark.parametrize(
    ("needs", "here", "elsewhere"),
    [
        (("cart",), ("cart",), ()),
        (("api", "shop/cart"), ("shop/api", "cart"), ()),
        (("contacts/api", "mail/smtp"), ("contacts/api",), ("mail/smtp",)),
    ],
)
def test_needs_are_met_here_or_elsewhere(needs, here, elsewhere):
    shop = project("shop", ("web", {"needs": needs}), ("cart", {}), ("api", {}))
    projects = labelled([shop, project("contacts", ("api", {"host": "api.contacts.test"}))])
    web = projects[0].services[0]
    assert needs_of(projects)["web"] == here
    assert needs_elsewhere(web, projects) == elsewhere


def test_another_devserve_may_run_the_repository_that_a_need_names():
    assert list(unmet_needs([project("a", ("web", {"needs": ("elsewhere/api",)}))])) == []


def test_a_clash_within_one_file_is_left_to_that_file():
    assert check_together([project("a", ("one", {"host": "x.test"}), ("two", {"host": "x.test"}))]) == []


def test_a_circle_within_one_file_is_said_too_for_a_plugin_may_have_closed_it():
    (problem,) = check_together([project("a", ("one", {"needs": ("two",)}), ("two", {"needs": ("one",)}))])
    assert problem == "/work/a/devserve.toml: services need each other in a circle: one → two → one; take one need out"


def test_a_need_of_what_gives_way_is_a_need_of_what_answers_in_its_place():
    staging = {"host": "people.test", "upstream": Origin("https", "staging.test", 443)}
    shop = project("shop", ("web", {"needs": ("people",)}), ("people", staging))
    projects = [shop, project("contacts", ("api", {"host": "people.test", "port": 3000}))]
    assert check_together(projects) == []
    assert needs_of(labelled(projects)) == {"web": ("api",), "api": ()}
