"""The static plugin, called through the public hooks, and in a whole devserve: which folders it serves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import devserve_static
from devserve import Service
from devserve.testing import Hooked, Inside

Make = Callable[..., Hooked]


def written(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("<!doctype html><title>Shop</title><h1>one</h1>")
    return folder


def services(hooked: Make, folder: Path, *files: str) -> list[Service]:
    return list(hooked(devserve_static, services=(), root=written(folder, *files)).services.values())


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        (["index.html"], ()),
        (["public/index.html"], ("public",)),
        (["docs/index.html", "index.html"], ()),
        (["index.html", "README.md", "style.css"], ()),
    ],
)
def test_a_folder_with_a_page_is_a_service(
    hooked: Make, tmp_path: Path, files: list[str], arguments: tuple[str, ...]
) -> None:
    folder = tmp_path / "My Site"
    (service,) = services(hooked, folder, *files)
    assert (service.name, service.host, service.root) == ("my-site", "my-site.test", folder)
    assert service.command == (sys.executable, "-P", "-m", "devserve_static", *arguments)


@pytest.mark.parametrize("folder", ["devserve", "…"])
def test_a_folder_whose_name_will_not_do_is_web(hooked: Make, tmp_path: Path, folder: str) -> None:
    assert services(hooked, tmp_path / folder, "index.html")[0].name == "web"


@pytest.mark.parametrize(
    "files", [[], ["about.html"], ["index.html", "package.json"], ["public/index.html", "pyproject.toml"]]
)
def test_whatever_else_a_repository_is_is_left_to_others(hooked: Make, tmp_path: Path, files: list[str]) -> None:
    assert services(hooked, tmp_path, *files) == []


@pytest.mark.parametrize("fields", [{"include": (Path("../x"),)}, {"plugins": (Path("x.py"),)}])
def test_what_declares_something_is_left_alone(hooked: Make, tmp_path: Path, fields: dict[str, object]) -> None:
    project = replace(hooked(devserve_static, services=(), root=written(tmp_path, "index.html")).project, services=())
    assert devserve_static.devserve_services(project) != []
    assert devserve_static.devserve_services(replace(project, **fields)) == []  # type: ignore[arg-type]


def test_declared_services_are_enough(hooked: Make, tmp_path: Path) -> None:
    declared = Service(name="api", root=written(tmp_path, "index.html"), host="api.test")
    assert hooked(devserve_static, services=(declared,)).services == {"api": declared}


def test_a_folder_that_declares_nothing_is_served_by_a_whole_devserve(
    devserve_in: Callable[..., Inside], tmp_path: Path
) -> None:
    running = devserve_in(written(tmp_path / "shop", "index.html", "css/site.css", ".env"))
    assert running.states["shop"].startswith("ready")
    answer = running.get("shop", "/", Accept="text/html")
    assert (answer.status, answer.headers["X-Devserve"]) == (200, "injected")
    assert "<h1>one</h1>" in answer.text
    kinds = {target: running.get("shop", target).status for target in ("/css/site.css", "/.env", "/nothing.html")}
    assert kinds == {"/css/site.css": 200, "/.env": 404, "/nothing.html": 404}
