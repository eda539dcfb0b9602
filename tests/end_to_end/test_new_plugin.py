"""`devserve plugins new` as its user meets it: in a new environment the package installs, and its workflow passes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from support.fleet_home import ROOT, new_home
from support.fresh_environment import PIP, fresh_environment

pytestmark = pytest.mark.timeout(180)


def ran(command: str, cwd: Path, environment: Mapping[str, str]) -> str:
    """Run a command as a shell does; return what it printed."""
    done = subprocess.run(
        ["sh", "-c", command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_plugin_installs_and_passes_its_test(tmp_path: Path) -> None:
    programs = fresh_environment(tmp_path / "environment")
    home = new_home(tmp_path, **PIP)
    home = replace(home, extra={**home.extra, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"})
    next_line = home.devserve("plugins", "new", "blue", cwd=tmp_path).stderr.splitlines()[-1]
    package = tmp_path / "devserve-blue"
    ran(f"{sys.executable} -m ruff format --check --config {ROOT / 'pyproject.toml'} .", package, home.environment)
    assert "3 passed" in ran(next_line.removeprefix("Next: "), tmp_path, home.environment)

    workflow = yaml.safe_load((package / ".github" / "workflows" / "test.yml").read_text())
    job = workflow["jobs"]["test"]
    assert [step["run"] for step in job["steps"] if "run" in step] == next_line.split(" && ")[1:]
    assert job["strategy"]["matrix"]["python"][0] == "3.11"  # of what pyproject.toml requires

    listed = ran("devserve plugins list --json", tmp_path, home.environment)
    found = {each["name"]: each for each in json.loads(listed)["plugins"]}
    assert (found["blue"]["source"], found["blue"]["version"]) == ("devserve-blue", "0.1.0")
    assert [hook["name"] for hook in found["blue"]["hooks"]] == ["devserve_settings", "devserve_response_headers"]
