from pathlib import Path

import pytest

from devserve.config.together import check_together
from devserve.config.values import Project, Service


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
            [("api", {}), ("cart", {"host": "other.test"})],
            "/work/shop/devserve.toml and /work/contacts/devserve.toml both have [services.cart]; rename one of them",
        ),
        (
            [("api", {"host": "web.test"})],
            "/work/contacts/devserve.toml: [services.api] answers at https://web.test/ like [services.web] of "
            "/work/shop/devserve.toml; give one of them another host or path",
        ),
        (
            [("people", {})],
            '/work/shop/devserve.toml: [services.web] needs "api", which no service here is called; '
            "correct the name, or take it out",
        ),
        (
            [("api", {"needs": ("shop/web",)})],
            "/work/shop/devserve.toml and /work/contacts/devserve.toml: services need each other in a circle: "
            "web → api → web; take one need out",
        ),
        (
            [("api", {"needs": ("shop/gone",)})],
            '/work/contacts/devserve.toml: [services.api] needs "shop/gone", which no service here is called; '
            "correct the name, or take it out",
        ),
    ],
)
def test_what_excludes_each_other_is_said_with_both_files(services, problem):
    assert check_together([SHOP, project("contacts", *services)]) == [problem]


def test_two_projects_may_not_start_servers_on_one_port():
    started = {"command": ("x",), "port": 3000}
    (problem,) = check_together([project("a", ("one", started)), project("b", ("two", started))])
    assert problem.startswith(
        "/work/b/devserve.toml: port 3000 of [services.two] is that of [services.one] of /work/a/"
    )


def test_another_devserve_may_run_the_repository_that_a_need_names():
    assert check_together([project("a", ("web", {"needs": ("elsewhere/api",)}))]) == []


def test_a_clash_within_one_file_is_left_to_that_file():
    assert check_together([project("a", ("one", {"host": "x.test"}), ("two", {"host": "x.test"}))]) == []


def test_a_circle_within_one_file_is_left_to_that_file():
    assert check_together([project("a", ("one", {"needs": ("two",)}), ("two", {"needs": ("one",)}))]) == []
