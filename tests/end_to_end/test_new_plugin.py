"""`devserve plugins new` as its user meets it: the package installs, its test passes, devserve lists it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from support.fleet_home import ROOT, new_home

pytestmark = pytest.mark.timeout(180)


def python(*arguments: str, cwd: Path, path: Path) -> str:
    """Run a module of Python's where this folder's packages are installed; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_plugin_installs_and_passes_its_test(tmp_path: Path) -> None:
    home, installed = new_home(tmp_path), tmp_path / "installed"
    assert home.devserve("plugins", "new", "blue", cwd=tmp_path).returncode == 0
    package = tmp_path / "devserve-blue"
    python("ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), ".", cwd=package, path=installed)
    # Without its dependency: that is the devserve that is tested here.
    pip = ("pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--target")
    python(*pip, str(installed), str(package), cwd=package, path=installed)
    assert "3 passed" in python("pytest", "-p", "no:cacheprovider", cwd=package, path=installed)
    listed = replace(home, extra={"PYTHONPATH": str(installed)}).devserve("plugins", "list", "--json", cwd=tmp_path)
    found = {each["name"]: each for each in json.loads(listed.stdout)["plugins"]}
    assert found["blue"]["source"] == "devserve-blue"
    assert [hook["name"] for hook in found["blue"]["hooks"]] == ["devserve_settings", "devserve_response_headers"]
