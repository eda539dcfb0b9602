"""The gulp plugin, found as installed and called through the public hooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from devserve import plugins
from devserve.config.values import Project, Service
from devserve.live.problems import Problem


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[12:34:56] 'css' errored after 5.21 ms", Problem("gulp css", "gulp css failed")),
        ("[12:34:56] 'build:css <x>' errored after 1.2 s", Problem("gulp build:css <x>", "gulp build:css <x> failed")),
        ("[12:34:56] Finished 'css' after 812 μs", Problem("gulp css")),
        ("[12:34:56] Finished 'css' after 1.5 min", Problem("gulp css")),
        ("[12:34:56] Starting 'css'...", None),
        ("the task 'css' errored after all", None),
        ("", None),
    ],
)
def test_a_task_that_errored_is_a_problem_until_it_finishes(tmp_path: Path, line: str, problem: Problem | None) -> None:
    hooks = plugins.load(Project(file=tmp_path / "devserve.toml"))
    assert hooks.output(Service("web", tmp_path, "web.test"), line) == problem
