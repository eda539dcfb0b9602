import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from devserve.cli.main import main

CONFIG = '[project]\ndomain = "shop.test"\n[services.web]\nport = 3001\n'


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", str(tmp_path / "hosts"))
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "empty").mkdir()
    (repository / "empty" / "devserve.toml").write_text("")
    monkeypatch.chdir(repository)
    return tmp_path


def devserve(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--help"], 0, "Every microservice"),
        (["-h"], 0, "Usage:"),
        ([], 2, "Usage:"),
        (["runn"], 2, "No such command 'runn'"),
        (["run", "--htps-port", "1"], 2, "--https-port"),
        (["run", "--https-port", "99999"], 2, "99999"),
        (["env", "--format", "csh"], 2, "csh"),
        (["run", "--bind", "localhost"], 2, "localhost is no IP address"),
        (["run", "nowhere"], 2, "nowhere"),
        (["check", "nowhere"], 2, "nowhere"),
        (["exec"], 2, "COMMAND"),
        (["ca", "export"], 2, "devserve setup"),
        (["setup"], 2, "--yes"),
        (["run", "empty"], 2, "there is no service to run"),
    ],
)
def test_wrong_usage_gets_a_hint(arguments, status, sentence):
    result = devserve(*arguments)
    assert result.exit_code == status
    assert sentence in result.output


def test_the_list_of_commands_says_whole_sentences():
    assert "..." not in devserve("--help").output.partition("Commands:")[2]


def test_check_counts_what_it_found():
    Path("devserve.toml").write_text(CONFIG)
    result = devserve("check")
    assert result.exit_code == 0
    assert "1 file with 1 service: nothing is wrong" in result.stderr


def test_check_says_every_mistake():
    Path("devserve.toml").write_text(CONFIG + 'comand = "x"\nhost = "a b"\n')
    result = devserve("check")
    assert result.exit_code == 2
    assert 'devserve.toml:5:1: unknown key "comand"' in result.stderr
    assert "devserve.toml:6:" in result.stderr


def test_init_writes_a_file_that_check_accepts_and_never_a_second_one():
    Path("package.json").write_text('{"scripts": {"start": "node server.js"}}')
    assert devserve("init").exit_code == 0
    assert devserve("check").exit_code == 0
    written = Path("devserve.toml").read_text()
    assert devserve("init").exit_code == 2
    assert Path("devserve.toml").read_text() == written


@pytest.mark.parametrize(("arguments", "start"), [(["env"], "export "), (["env", "--format", "fish"], "set -gx ")])
def test_env_prints_for_a_shell_on_stdout_alone(arguments, start):
    Path("devserve.toml").write_text(CONFIG)
    result = devserve(*arguments)
    assert all(line.startswith(start) for line in result.stdout.splitlines())


def test_env_knows_the_services():
    Path("devserve.toml").write_text(CONFIG)
    assert json.loads(devserve("env", "--json").stdout)["DEVSERVE_URL_WEB"] == "https://web.shop.test"


def test_schema_is_json():
    assert "services" in json.loads(devserve("schema").stdout)["properties"]


def test_the_authority_can_be_shown_and_exported():
    devserve("env")
    assert json.loads(devserve("ca", "show", "--json").stdout)["signs"] == ["localhost"]
    assert devserve("ca", "export").stdout.startswith("-----BEGIN CERTIFICATE-----")


def test_setup_can_be_tried():
    result = devserve("setup", "--dry-run", "--store", "nss")
    assert result.exit_code == 0
    assert "certificate authority" in result.stderr


@pytest.mark.parametrize("is_allowed", [True, False])
def test_setup_knows_the_hosts_that_allowed_plugins_add(is_allowed):
    Path("devserve.toml").write_text('[project]\nplugins = ["own.py"]\n')
    Path("own.py").write_text(
        "from devserve import *\n@hookimpl\ndef devserve_services(project):\n"
        '    return [Service("docs", project.root, "docs.other.test")]\n'
    )
    if is_allowed:
        devserve("allow", "--yes")
    result = devserve("setup", "--dry-run", "--store", "nss")
    assert ("a new certificate authority for names below docs.other.test, localhost" in result.stderr) is is_allowed
    assert ("own.py: not allowed to run yet, and left out here" in result.stderr) is not is_allowed


def test_exec_says_what_cannot_be_run():
    result = devserve("exec", "--", "no-such-command")
    assert result.exit_code == 2
    assert "no-such-command cannot be run" in result.stderr


def test_a_traceback_needs_debug(tmp_path):
    Path("devserve.toml").write_text("broken")
    assert isinstance(devserve("check").exception, SystemExit)
    assert not isinstance(devserve("--debug", "check").exception, SystemExit)
    assert os.environ["DEVSERVE_HOME"] == str(tmp_path / "state")
