"""Plugins in a whole devserve: what becomes of the ones that fail, and what is shown of the ones that do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.fleet_home import new_home, repository
from support.fleet_running import free_port, running

FAILING = """
from devserve import hookimpl

@hookimpl
def devserve_output(line):
    raise KeyError(line)
"""
SERVICE = """
[project]
plugins = ["failing.py"]
[services.web]
command = ["python3", "-c", "print(1, flush=True); import time; time.sleep(60)"]
ready = { log = "1" }
"""


def ports() -> tuple[str, ...]:
    return ("--https-port", str(free_port()), "--http-port", "0")


@pytest.mark.parametrize(("arguments", "ends"), [(("--trace-hooks",), False), (("--strict-plugins",), True)])
def test_a_hook_that_fails_while_devserve_runs_ends_it_only_when_strict(
    tmp_path: Path, arguments: tuple[str, ...], ends: bool
) -> None:
    root = repository(tmp_path, SERVICE)
    (root / "failing.py").write_text(FAILING)
    home = new_home(tmp_path)
    with running(home, *ports(), *arguments, cwd=root) as devserve:
        if ends:
            assert devserve.wait_end() == 1
            assert "devserve ends, as --strict-plugins asks" in devserve.output
            return
        devserve.wait_ready("web")
        devserve.wait_for(lambda: "devserve goes on without it" in devserve.output, "the failure is said")
        assert "failing.py:6: KeyError: '1'; devserve goes on without it" in devserve.output
        assert "web: devserve_watch of devserve, " in devserve.output
        assert "raised KeyError" in devserve.output
        listed = json.loads(home.devserve("plugins", "list", "--json", cwd=root).stdout)["plugins"]
        (failing,) = [each for each in listed if each["name"] == str(root / "failing.py")]
        assert failing["hooks"][0]["calls"] >= 1
