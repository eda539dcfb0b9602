"""The gulp plugin, found as installed and called through the public hooks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import devserve_gulp
from devserve import Problem
from devserve.testing import Hooked


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
def test_a_task_that_errored_is_a_problem_until_it_finishes(
    hooked: Callable[..., Hooked], line: str, problem: Problem | None
) -> None:
    assert hooked(devserve_gulp).output(line) == problem
