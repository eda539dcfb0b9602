"""Questions that are answered with yes or no."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from devserve.errors import UsageError


def confirming(*, yes: bool) -> Callable[[str], bool]:
    """Return what asks a question: on a terminal, and nowhere else, a person. With `yes` nobody is asked."""

    def ask(question: str) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here; run it again with --yes")
        return click.confirm(question, default=True, err=True)

    return ask
