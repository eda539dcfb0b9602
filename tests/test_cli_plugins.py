import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from devserve.cli import main


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", str(tmp_path / "hosts"))
    (tmp_path / "devserve.toml").write_text("[services.web]\ncommand = 'true'\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def devserve(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


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
