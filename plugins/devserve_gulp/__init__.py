"""What gulp says of its tasks: one that errored is shown in the service's pages until it finishes again."""

from __future__ import annotations

import re

from devserve import Problem, hookimpl

# [12:34:56] 'css' errored after 5.21 ms
SAYS = re.compile(r"\[\d\d:\d\d:\d\d\] (?:Finished )?'(?P<task>.+?)' (?P<how>errored after|after) [\d.]+ \S+\s*")


@hookimpl
def devserve_output(line: str) -> Problem | None:
    """A line of gulp's about a task's end; what it prints next is the error itself."""
    found = SAYS.fullmatch(line)
    if found is None:
        return None
    key = f"gulp {found['task']}"
    return Problem(key, f"{key} failed") if found["how"] == "errored after" else Problem(key)
