import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from devserve import plugins
from devserve.config.values import Project, Service
from devserve.errors import ConfigError, DevserveError
from devserve.io.config import allowed


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def shop(tmp_path) -> Project:
    """A repository with a command, and a plugin that leaves a trace when it is imported."""
    root = tmp_path / "shop"
    root.mkdir()
    plugin = root / "plugin.py"
    plugin.write_text(f"import pathlib; pathlib.Path({str(root / 'trace')!r}).touch()\n")
    service = Service("web", root, "web.test", command=("true",))
    return Project(root / "devserve.toml", services=(service,), plugins=(plugin,))


def allow(home: Path, project: Project) -> None:
    allowed.record(home, allowed.wanted(project))


def test_nothing_is_allowed_until_it_is_recorded(home, shop):
    assert not allowed.is_allowed(shop)
    assert not home.exists()
    allow(home, shop)
    assert allowed.is_allowed(shop)


def test_what_was_allowed_can_be_taken_back(home, shop):
    allowed.revoke(home, shop.file)
    assert not home.exists()
    allow(home, shop)
    allowed.revoke(home, shop.file)
    assert not allowed.is_allowed(shop)


def test_what_runs_nothing_is_allowed_without_a_record(home, tmp_path):
    assert allowed.is_allowed(Project(tmp_path / "devserve.toml"))


def test_no_plugin_is_imported_for_a_look(home, shop):
    allow(home, shop)
    allowed.is_allowed(shop)
    assert not (shop.root / "trace").exists()


def test_a_changed_plugin_is_not_allowed_until_it_is_as_it_was(home, shop):
    allow(home, shop)
    (plugin,) = shop.plugins
    text = plugin.read_text()
    plugin.write_text(text + " ")
    assert not allowed.is_allowed(shop)
    plugin.write_text(text)
    assert allowed.is_allowed(shop)


def test_the_lines_of_a_procfile_are_commands_too(home, tmp_path):
    procfile, project = tmp_path / "Procfile", Project(tmp_path / "devserve.toml")
    procfile.write_text("web: rm -rf $HOME\n")
    assert allowed.wanted(project).lines[0] == "web runs: sh -c 'rm -rf $HOME'"
    allow(home, project)
    procfile.write_text("web: rm -rf /\n")
    assert not allowed.is_allowed(project)


def test_the_record_is_for_its_owner_alone(home, shop):
    allow(home, shop)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (home / "allowed").rglob("*")}
    assert set(modes.values()) == {0o600}
    assert (home / "allowed").stat().st_mode & 0o777 == 0o700


def test_what_an_interrupted_write_left_is_swept(home, shop):
    allow(home, shop)
    left = home / "allowed" / ".x.json.0000.new"
    left.write_text("half")
    allow(home, shop)
    assert not left.exists()


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"\xff"])
def test_a_damaged_record_is_never_taken_for_none(home, shop, data):
    allow(home, shop)
    path = allowed.record_file(home, shop.file)
    path.write_bytes(data)
    with pytest.raises(DevserveError, match="Remove it, then run `devserve allow` again"):
        allowed.is_allowed(shop)
    assert path.read_bytes() == data


def test_a_record_that_cannot_be_read_is_never_taken_for_none(home, shop):
    path = allowed.record_file(home, shop.file)
    path.mkdir(parents=True)
    with pytest.raises(DevserveError, match=r"cannot be read: Is a directory"):
        allowed.is_allowed(shop)


def test_a_plugin_that_cannot_be_read_is_named(home, shop):
    (plugin,) = shop.plugins
    plugin.unlink()
    plugin.mkdir()
    with pytest.raises(ConfigError, match=r"plugin\.py: cannot be read: Is a directory"):
        allowed.wanted(shop)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
def test_a_folder_whose_name_is_not_unicode_has_its_record(home, tmp_path):
    root = Path(os.fsdecode(bytes(tmp_path) + b"/sh\xffp"))
    project = Project(root / "devserve.toml", services=(Service("web", root, "web.test", command=("true",)),))
    allow(home, project)
    assert allowed.is_allowed(project)


def test_what_is_said_of_plugins_is_left_to_who_uses_them(home, shop, caplog):
    stranger = replace(shop, tables={"plug": {"colour": "teal"}})
    allowed.wanted(stranger)
    assert caplog.messages == []
    plugins.load(replace(stranger, plugins=()))
    assert "no plugin plug is installed here" in caplog.text
