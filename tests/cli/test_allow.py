import contextlib
from pathlib import Path

import pytest
from rich.console import Console

from devserve.cli.allow import require, waiting
from devserve.cli.terminal import Terminal
from devserve.errors import UsageError
from devserve.io.config.projects import read_all
from support.command_line import devserve

CONFIG = '[project]\nplugins = ["plugin.py"]\n[services.web]\ncommand = "npm start"\n'
PLUGIN = "import pathlib; pathlib.Path('trace').touch()\n"


@pytest.fixture(autouse=True)
def repository(repository) -> Path:
    (repository / "devserve.toml").write_text(CONFIG)
    (repository / "plugin.py").write_text(PLUGIN)
    return repository


@pytest.mark.parametrize("command", [["allow"], ["run", "--http-port", "0"]])
def test_without_a_terminal_it_is_refused_with_what_would_run_and_the_way_to_allow_it(repository, command):
    result = devserve(*command)
    assert result.exit_code == 2
    assert f"{repository} would run this:\n  web runs: npm start\n  plugin: plugin.py (1 line)\n" in result.stderr
    assert f"nobody can be asked here; run: devserve allow {repository}\n" in result.stderr
    assert not (repository / "trace").exists()
    assert not (repository.parent / "state").exists()


@pytest.mark.parametrize(
    ("allowed", "all_of_them", "goes_on"),
    [
        ((), False, False),
        (("repository",), False, True),
        (("repository",), True, False),
        (("repository", "mail"), True, True),
    ],
)
def test_one_repository_that_may_run_is_enough_for_a_run(repository, allowed, all_of_them, goes_on):
    mail = repository.parent / "mail"
    mail.mkdir()
    (mail / "devserve.toml").write_text('[services.mail]\ncommand = "mail"\n')
    for name in allowed:
        assert devserve("allow", "--yes", str(repository.parent / name)).exit_code == 0
    found = read_all([repository, mail])
    refused = contextlib.nullcontext() if goes_on else pytest.raises(UsageError, match="devserve allow")
    with refused:
        require(found, Terminal(Console(stderr=True)), yes=False, all_of_them=all_of_them)


def test_what_was_allowed_is_allowed_until_it_changes(repository):
    assert devserve("allow", "--yes").exit_code == 0
    assert devserve("allow").exit_code == 0
    Path("devserve.toml").write_text(CONFIG.replace("npm start", "npm run dev"))
    result = devserve("allow")
    assert result.exit_code == 2
    assert "would run something else than what was allowed" in result.stderr
    assert "  -web runs: npm start\n  +web runs: npm run dev\n" in result.stderr


def test_what_was_allowed_is_asked_about_again_when_it_was_revoked(repository):
    assert devserve("allow", "--yes").exit_code == 0
    result = devserve("allow", "--revoke")
    assert (result.exit_code, result.stderr) == (0, f"{repository} will be asked about\n")
    assert "would run this:" in devserve("allow").stderr


def test_several_repositories_are_asked_for_at_once(repository):
    Path("devserve.toml").rename("old.toml")
    for name in ("a", "b"):
        (repository / name).mkdir()
        (repository / name / "devserve.toml").write_text(f'[services.{name}]\ncommand = "run {name}"\n')
    result = devserve("allow")
    assert f"run: devserve allow {repository}/a {repository}/b\n" in result.stderr
    assert devserve("allow", "a", "--yes").exit_code == 0
    assert f"run: devserve allow {repository}/b\n" in devserve("allow").stderr


@pytest.mark.parametrize("command", [["check"], ["env"], ["exec", "--", "no-such-command"], ["hosts"]])
def test_what_only_looks_imports_no_plugin_that_is_not_allowed(repository, command):
    assert "plugin.py: not allowed to run yet, and left out here" in devserve(*command).stderr
    assert not (repository / "trace").exists()
    assert devserve("allow", "--yes").exit_code == 0
    assert "not allowed" not in devserve(*command).stderr
    assert (repository / "trace").exists()


def test_a_plugin_that_is_left_out_does_not_keep_the_rest_from_being_checked(repository):
    (repository / "plugin.py").write_text("broken(")
    result = devserve("check")
    assert result.exit_code == 0
    assert "1 file with 1 service: nothing is wrong" in result.stderr


def test_what_is_saved_while_it_runs_is_refused_unless_the_run_was_given_leave(repository):
    found = read_all([repository])
    (wanted,) = waiting(found, yes=False)
    assert wanted.lines == ("web runs: npm start", "plugin: plugin.py (1 line)")
    assert not waiting(found, yes=True)
    assert not waiting(found, yes=False)
    assert not (repository / "trace").exists()
