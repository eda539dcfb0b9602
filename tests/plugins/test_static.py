"""The static plugin, found as installed and called through the public hooks: which folders it serves."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from devserve import plugins
from devserve.config.values import Project, Service


def services(folder: Path, *files: str, **fields: object) -> list[Service]:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    project = Project(file=folder / "devserve.toml", domain="shop.localhost", **fields)
    return list(plugins.load(replace(project, plugins=())).services(project).services)


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        (["index.html"], ()),
        (["public/index.html"], ("public",)),
        (["docs/index.html", "index.html"], ()),
        (["index.html", "README.md", "style.css"], ()),
    ],
)
def test_a_folder_with_a_page_is_a_service(tmp_path: Path, files: list[str], arguments: tuple[str, ...]) -> None:
    folder = tmp_path / "My Site"
    (service,) = services(folder, *files)
    assert (service.name, service.host, service.root) == ("my-site", "my-site.shop.localhost", folder)
    assert service.command == (sys.executable, "-P", "-m", "devserve_static", *arguments)


@pytest.mark.parametrize("folder", ["devserve", "…"])
def test_a_folder_whose_name_will_not_do_is_web(tmp_path: Path, folder: str) -> None:
    assert services(tmp_path / folder, "index.html")[0].name == "web"


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ([], {}),
        (["about.html"], {}),
        (["index.html", "package.json"], {}),
        (["public/index.html", "pyproject.toml"], {}),
        (["index.html"], {"include": (Path("../x"),)}),
        (["index.html"], {"plugins": (Path("x.py"),)}),
    ],
)
def test_whatever_else_a_repository_is_is_left_to_others(
    tmp_path: Path, files: list[str], fields: dict[str, object]
) -> None:
    assert services(tmp_path, *files, **fields) == []


def test_declared_services_are_enough(tmp_path: Path) -> None:
    declared = Service(name="api", root=tmp_path, host="api.shop.localhost")
    assert services(tmp_path, "index.html", services=(declared,)) == [declared]
