"""The pictures of the documentation can be taken again, from what runs now."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from support.fleet_running import free_port

screenshots = importlib.import_module("docs.screenshots")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_the_script_takes_each_picture_of_the_documentation(tmp_path: Path) -> None:
    screenshots.take(tmp_path, free_port())
    taken = {picture.name: picture.stat().st_size for picture in tmp_path.iterdir()}
    assert set(taken) == {picture.name for picture in screenshots.FOLDER.iterdir()}, "run: make docs-screenshots"
    assert max(taken.values()) <= screenshots.MOST
    assert min(taken.values()) > 5_000
    assert "/home/ann/fleet/web" in (tmp_path / "first-run.svg").read_text().replace("&#160;", " ")
