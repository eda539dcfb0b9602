import io

import pytest
from rich.console import Console

from devserve.cli.here import configured_here, names_of, services_here
from devserve.cli.terminal import Terminal
from support.command_line import devserve

PLUGIN = """
from devserve import *
@hookimpl
def devserve_services(project):
    return [Service("docs", project.root, "docs.shop.test")]
"""
NAMES = ["livereload.web.shop.test", "web.shop.test"]


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(Console(file=io.StringIO(), width=200))


def test_the_nearest_file_upward_counts(shop, terminal, monkeypatch):
    inner = shop.parent / "src"
    inner.mkdir()
    monkeypatch.chdir(inner)
    (project,), services = configured_here(terminal)
    assert project.file == shop
    assert names_of(services) == NAMES


@pytest.mark.usefixtures("repository")
def test_where_there_is_none_there_is_nothing(terminal):
    assert configured_here(terminal) == ((), ())


@pytest.mark.parametrize("is_root", [False, True])
def test_no_plugin_runs_that_may_not_and_none_as_root(shop, terminal, monkeypatch, is_root):
    shop.write_text(shop.read_text().replace("[services", 'plugins = ["own.py"]\n[services'))
    (shop.parent / "own.py").write_text(PLUGIN)
    if is_root:
        monkeypatch.setattr("os.geteuid", lambda: 0)
        monkeypatch.setenv("SUDO_UID", "1000")
        monkeypatch.setenv("SUDO_GID", "1000")
    assert names_of(services_here(terminal)) == NAMES
    said = terminal.console.file.getvalue()
    assert ("own.py: not allowed to run yet" in said) is not is_root


def test_what_allowed_plugins_add_counts(shop, terminal):
    shop.write_text(shop.read_text().replace("[services", 'plugins = ["own.py"]\n[services'))
    (shop.parent / "own.py").write_text(PLUGIN)
    devserve("allow", "--yes")
    assert "docs.shop.test" in names_of(services_here(terminal))
