from pathlib import Path

import pytest


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """An empty folder that is the current one, with a home and a hosts file of its own beside it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", str(tmp_path / "hosts"))
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def shop(repository) -> Path:
    """That folder with the service web, at web.shop.test; returns its devserve.toml."""
    file = repository / "devserve.toml"
    file.write_text('[project]\ndomain = "shop.test"\n[services.web]\nport = 3001\n')
    return file
