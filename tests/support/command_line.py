"""The `devserve` command inside the test's own process."""

from __future__ import annotations

from click.testing import CliRunner, Result

from devserve.cli.main import main


def devserve(*arguments: str) -> Result:
    """Run a command; return what it printed and its exit status."""
    return CliRunner().invoke(main, list(arguments))
