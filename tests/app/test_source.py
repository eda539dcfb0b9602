from dataclasses import replace
from pathlib import Path

import pytest

from devserve.app.source import Source
from devserve.config.allowance import Allowance
from devserve.errors import ConfigError, NotAllowedError, UsageError

SERVICES = (
    "[services.web]\ncommand = 'true'\nneeds = ['api']\n[services.api]\ncommand = 'true'\n[services.docs]\nport = 1\n"
)


@pytest.fixture
def repository(tmp_path) -> Path:
    (tmp_path / "devserve.toml").write_text(SERVICES)
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "names"),
    [({}, ["web", "api", "docs"]), ({"only": ("web",)}, ["web", "api"]), ({"only": ("docs",)}, ["docs"])],
)
def test_plans_what_was_asked_for(repository, asked, names):
    source = Source((repository,), **asked)
    assert [each.service.name for each in source.plan(source.read())] == names


def test_starts_nothing_where_something_else_does(repository):
    source = Source((repository,), no_start=True)
    assert {each.service.command for each in source.plan(source.read())} == {()}


def test_serves_a_second_checkout_at_names_below(repository):
    source = Source((repository,), only=("docs",), sub_name="mine")
    assert [each.service.host for each in source.plan(source.read())] == ["mine.docs.localhost"]


def test_what_is_planned_again_keeps_its_ports(repository):
    source = Source((repository,))
    planned = source.plan(source.read())
    (repository / "devserve.toml").write_text(SERVICES.replace("port = 1\n", "port = 2\n"))
    found, hooks, again = source.again(planned)
    assert [each.port for each in again] == [planned[0].port, planned[1].port, 2]
    assert set(hooks) == {each.hooks for each in planned}
    assert [project.file for project in found] == [repository / "devserve.toml"]


def test_a_project_whose_plugin_finds_services_later_needs_none_now(repository):
    (repository / "plugin.py").write_text(
        "from devserve import hookimpl\n@hookimpl\nasync def devserve_discover(): yield []\n"
    )
    (repository / "devserve.toml").write_text('[project]\nplugins = ["plugin.py"]\n')
    source = Source((repository,))
    assert source.plan(source.read()) == []
    _, hooks, planned = source.again([])
    assert planned == []
    assert source.again([], hooks)[1] == hooks  # with what they have found


def test_no_plugin_is_loaded_of_what_may_not_run(repository):
    (repository / "plugin.py").write_text("raise AssertionError\n")
    (repository / "devserve.toml").write_text(f'[project]\nplugins = ["plugin.py"]\n{SERVICES}')
    waits = [Allowance(repository / "devserve.toml", ("web runs: true",))]
    found, _, planned = Source((repository,), waiting=lambda _: waits).again([])
    assert found == ()
    assert {each.service.would_run for each in planned} == {("web runs: true",)}
    assert {(each.service.watch, each.service.needs) for each in planned} == {((), ())}


def test_what_runs_is_not_replaced_by_what_may_not(repository):
    source = Source((repository,))
    planned = source.plan(source.read())
    waits = [Allowance(repository / "devserve.toml", ("web runs: evil",))]
    with pytest.raises(
        NotAllowedError, match=f"not allowed yet; look at it with: devserve allow {repository}"
    ) as wrong:
        replace(source, waiting=lambda _: waits).again(planned)
    assert wrong.value.files == (repository / "devserve.toml",)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [("", UsageError, "there is no service to run"), ("[services", ConfigError, "devserve.toml:1:")],
)
def test_says_what_is_wrong(repository, text, error, sentence):
    (repository / "devserve.toml").write_text(text)
    source = Source((repository,))
    with pytest.raises(error, match=sentence):
        source.again([])


def test_somebody_may_add_a_project(repository, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "devserve.toml").write_text("[services.other]\nport = 2\n")
    source = Source((repository,)).with_more(Source((other,)).read())
    assert {"web", "other"} <= {each.service.name for each in source.plan(source.read())}


def test_says_the_command_that_runs_the_same_again(repository, monkeypatch):
    monkeypatch.chdir(repository)
    (repository / "my docs").mkdir()
    source = Source((Path("devserve.toml"), Path("my docs"), Path()), only=("web",), sub_name="mine")
    assert source.folders == (repository, repository / "my docs")
    assert source.command == f"devserve run --only=web --sub-name=mine {repository} '{repository}/my docs'"
