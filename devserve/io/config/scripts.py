"""What the scripts of a package.json make of a command that runs them."""

from __future__ import annotations

from dataclasses import replace

from devserve.config.dev_servers import appended
from devserve.io.config.projects import package_in
from devserve.run.command import Command


def with_arguments(command: Command, *arguments: str) -> Command | None:
    """Return a command with more arguments for the development server (Vite, webpack …) that it starts.

    They go through `npm run` and its like. None where they would not get there: in the middle of a script, behind a
    shell, or when it starts no such server.
    """
    argv = appended(command.argv, arguments, package_in(command.cwd))
    return None if argv is None else replace(command, argv=argv)
