from pathlib import Path

import pytest

from devserve import Project, Service, Then
from devserve.io.config.guesses import guessed

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"


def repository(folder: Path, **files: str) -> Project:
    root = folder / "shop"
    root.mkdir()
    for name, text in files.items():
        (root / name.replace("_json", ".json").replace("_py", ".py").replace("_js", ".js")).write_text(text)
    return Project(root / "devserve.toml", domain="test")


def test_a_guess_is_a_service_with_its_rules(tmp_path):
    project = repository(tmp_path, main_py=FASTAPI)
    (service,) = guessed(project, "python")
    assert (service.name, service.host, service.root) == ("shop", "shop.test", project.root)
    assert service.command[1:] == ("-m", "uvicorn", "main:app", "--port", "$PORT")
    assert [rule.then for rule in service.watch] == [Then.RESTART, Then.REFRESH, Then.RELOAD]


def test_what_has_a_hot_client_is_recognised_and_has_no_rules(tmp_path):
    (service,) = guessed(repository(tmp_path, package_json='{"scripts": {"dev": "vite"}}'), "node")
    assert (service.command[:3], service.dev_server, service.watch) == (("npm", "run", "dev"), "vite", ())


def test_a_livereload_server_of_its_own_is_kept(tmp_path):
    gulpfile = "livereload.listen(35730);\nconnect.server({ port: 3004 });\n"
    (service,) = guessed(repository(tmp_path, gulpfile_js=gulpfile), "node")
    assert (service.command, service.port, service.livereload.source) == (("npx", "gulp"), 3004, 35730)


@pytest.mark.parametrize("stack", ["node", "python"])
def test_the_first_sign_tells_whose_it_is(tmp_path, stack):
    project = repository(tmp_path, package_json='{"scripts": {"dev": "vite"}}', main_py=FASTAPI)
    assert bool(guessed(project, stack)) is (stack == "node")


def test_what_declares_something_is_not_guessed(tmp_path):
    project = repository(tmp_path, main_py=FASTAPI)
    declared = Project(project.file, services=(Service("web", project.root, "web.test"),))
    assert guessed(declared, "python") == ()
    assert guessed(Project(project.file, plugins=(Path("x.py"),)), "python") == ()
