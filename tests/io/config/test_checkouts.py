import json
import logging
from pathlib import Path

import pytest

from devserve.io.config.checkouts import NAME, find, record, recorded


def repository(folder: Path, *services: str, text: str = "") -> Path:
    folder.mkdir(parents=True)
    tables = "".join(f"[services.{name}]\nport = 3000\n" for name in services)
    (folder / "devserve.toml").write_text(text or tables)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_a_repository_beside_is_found(tmp_path, home):
    shop, contacts = repository(tmp_path / "work/shop", "web"), repository(tmp_path / "work/contacts", "api")
    assert find("contacts", "api", shop, home) == contacts
    assert find("contacts", "db", shop, home) is None
    assert find("mail", "api", shop, home) is None


def test_one_that_ran_before_is_found_unless_there_is_one_beside(tmp_path, home):
    shop, far = repository(tmp_path / "work/shop", "web"), repository(tmp_path / "far/contacts", "api")
    record([far], home)
    assert find("contacts", "api", shop, home) == far
    assert find("far/contacts", "api", shop, home) == far
    beside = repository(tmp_path / "work/contacts", "api")
    assert find("contacts", "api", shop, home) == beside


def test_what_is_gone_or_wrong_is_not_found(tmp_path, home):
    shop = repository(tmp_path / "work/shop", "web")
    repository(tmp_path / "work/contacts", text="[services.api]\nprot = 1\n")
    record([tmp_path / "gone/contacts"], home)
    assert find("contacts", "api", shop, home) is None


def test_those_that_ran_last_are_remembered(tmp_path, home, monkeypatch):
    monkeypatch.setattr("devserve.io.config.checkouts.MOST", 3)
    for names in (["a"], ["b", "c"], ["d", "b"]):
        record([tmp_path / name for name in names], home)
    assert recorded(home) == [tmp_path / name for name in ("d", "b", "c")]


def test_nothing_is_written_when_nothing_is_new(tmp_path, home):
    record([tmp_path / "a", tmp_path / "b"], home)
    before = (home / NAME).stat().st_ino
    record([tmp_path / "b"], home)
    assert (home / NAME).stat().st_ino == before


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[1]", ""])
def test_a_damaged_file_is_said_and_left_as_it_is(tmp_path, home, caplog, text):
    (home / NAME).write_text(text)
    with caplog.at_level(logging.WARNING):
        record([tmp_path], home)
    assert recorded(home) == []
    assert (home / NAME).read_text() == text
    assert "is damaged" in caplog.text


def test_no_file_is_no_repository(home):
    assert recorded(home) == []


def test_the_file_holds_folders_alone(tmp_path, home):
    record([tmp_path], home)
    assert json.loads((home / NAME).read_text()) == [str(tmp_path)]
