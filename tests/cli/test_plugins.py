import json
import sys
from pathlib import Path

import pytest

from support.command_line import devserve


@pytest.fixture(autouse=True)
def home(repository) -> Path:
    (repository / "devserve.toml").write_text("[services.web]\ncommand = 'true'\n")
    return repository


@pytest.fixture
def broken_plugin(home, monkeypatch):
    """An installed plugin that cannot be imported."""
    information = home / "site-packages" / "devserve_red-1.2.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: devserve-red\nVersion: 1.2\n")
    (information / "entry_points.txt").write_text("[devserve]\nred = devserve_red\n")
    monkeypatch.syspath_prepend(information.parent)
    yield
    sys.modules.pop("devserve_red", None)


@pytest.mark.usefixtures("broken_plugin")
@pytest.mark.parametrize(("arguments", "status"), [(("check",), 0), (("check", "--strict-plugins"), 2)])
def test_check_is_as_strict_with_plugins_as_it_is_asked_to_be(arguments, status):
    result = devserve(*arguments)
    assert result.exit_code == status
    assert "red (devserve-red 1.2)" in result.stderr
    assert "No module named 'devserve_red'" in result.stderr


def test_the_plugins_here_are_listed(home):
    (home / "plugin.py").write_text("from devserve import hookimpl\n@hookimpl\ndef devserve_output(): ...\n")
    (home / "devserve.toml").write_text("[project]\nplugins = ['plugin.py']\n[services.web]\ncommand = 'true'\n")
    assert devserve("allow", "--yes").exit_code == 0
    result = devserve("plugins", "list", "--json")
    assert result.exit_code == 0
    found = {each["name"]: each for each in json.loads(result.stdout)["plugins"]}
    own = found[str(home / "plugin.py")]
    assert own["hooks"] == [{"name": "devserve_output", "calls": None, "milliseconds": None, "is_off": False}]
    assert found["gulp"]["source"] == "devserve"
    shown = devserve("plugins", "list")
    assert shown.exit_code == 0
    assert "gulp" in shown.stderr
    assert "output" in shown.stderr
    assert shown.stdout == ""


def test_a_plugin_file_that_is_not_allowed_is_not_loaded_to_be_listed(home):
    (home / "plugin.py").write_text("import pathlib; pathlib.Path('trace').touch()\n")
    (home / "devserve.toml").write_text("[project]\nplugins = ['plugin.py']\n[services.web]\ncommand = 'true'\n")
    result = devserve("plugins", "list", "--json")
    assert str(home / "plugin.py") not in [each["name"] for each in json.loads(result.stdout)["plugins"]]
    assert not (home / "trace").exists()


def test_where_there_is_no_devserve_toml_the_installed_plugins_are_listed(home):
    (home / "devserve.toml").unlink()
    result = devserve("plugins", "list", "--json")
    assert result.exit_code == 0
    assert "gulp" in [each["name"] for each in json.loads(result.stdout)["plugins"]]


HERE = """
import click
from devserve import Finding, Verdict, hookimpl

@click.command()
def seed():
    "Put something into the databases."
    click.echo("seeded")

@click.command()
def check():
    click.echo("never reached")

@hookimpl
def devserve_commands():
    return [seed, check]

@hookimpl
async def devserve_doctor(project):
    return [Finding("packages", project.root.name, Verdict.BROKEN, "not installed", "Run `npm install`")]
"""


@pytest.fixture
def with_plugin(home):
    (home / "plugin.py").write_text(HERE)
    (home / "devserve.toml").write_text("[project]\nplugins = ['plugin.py']\n[services.web]\ncommand = 'true'\n")
    assert devserve("allow", "--yes").exit_code == 0
    return home


@pytest.mark.usefixtures("with_plugin")
def test_a_plugin_adds_commands_but_devserves_own_come_first():
    assert devserve("seed").stdout == "seeded\n"
    assert "Put something into the databases." in devserve("--help").stdout
    assert "nothing is wrong" in devserve("check").stderr
    assert devserve("nonsense").exit_code == 2


def test_a_plugin_that_is_not_allowed_adds_nothing(with_plugin):
    (with_plugin / "plugin.py").write_text(HERE + "# changed\n")
    assert devserve("seed").exit_code == 2
    assert "seed" not in devserve("--help").stdout


def test_a_broken_configuration_takes_no_command_away(home):
    (home / "devserve.toml").write_text("[services")
    assert "not TOML" in devserve("check").stderr
    assert devserve("--help").exit_code == 0


@pytest.mark.usefixtures("with_plugin")
def test_a_plugins_findings_are_the_doctors():
    found = json.loads(devserve("doctor", "--json").stdout)["findings"]
    (own,) = [each for each in found if each["topic"] == "packages"]
    assert (own["verdict"], own["fix"]) == ("broken", "Run `npm install`")


def test_a_new_plugin_is_written_once_and_its_next_step_is_said(home):
    result = devserve("plugins", "new", "blue")
    assert result.exit_code == 0
    assert "cd devserve-blue && python -m pip install --editable '.[test]'" in " ".join(result.stderr.split())
    assert (home / "devserve-blue" / "devserve_blue.py").is_file()
    again = devserve("plugins", "new", "blue")
    assert again.exit_code == 2
    assert "is there already and stays as it is" in " ".join(again.stderr.split())
