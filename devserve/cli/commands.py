"""Which commands there are and where each stands. One is imported when it is asked for: `status` needs no server."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any

import click

PLACES = {
    "allow": "devserve.cli.allow:allow",
    "ca": "devserve.cli.ca:ca",
    "check": "devserve.cli.check:check",
    "doctor": "devserve.cli.doctor:doctor",
    "env": "devserve.cli.env:env",
    "exec": "devserve.cli.env:exec",
    "hosts": "devserve.cli.hosts:hosts",
    "init": "devserve.cli.init:init",
    "logs": "devserve.cli.logs:logs",
    "plugins": "devserve.cli.plugins:plugins",
    "reload": "devserve.cli.orders:reload",
    "restart": "devserve.cli.orders:restart",
    "routes": "devserve.cli.orders:routes",
    "run": "devserve.cli.run:run",
    "schema": "devserve.cli.check:schema",
    "setup": "devserve.cli.setup:setup",
    "start": "devserve.cli.orders:start",
    "status": "devserve.cli.orders:status",
    "stop": "devserve.cli.orders:stop",
    "teardown": "devserve.cli.setup:teardown",
    "why": "devserve.cli.why:why",
}
OF_PLUGINS = "devserve.cli.plugins:commands"


class Own(UserDict[str, Any]):
    """devserve's own commands by their names, made of `PLACES`; nothing is imported to tell which there are."""

    def __getitem__(self, name: str) -> click.Command:
        """Return a command, imported now if it was not yet."""
        command: click.Command = resolve_name(self.data[name])
        return command


class WithPlugins(click.Group):
    """A group with the commands of plugins behind its own. They are looked for only if one of them may be meant."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*super().list_commands(context), *sorted(set(_of_plugins()) - set(self.commands))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command of a name; devserve's own come first."""
        return super().get_command(context, name) or _of_plugins().get(name)


def _of_plugins() -> Mapping[str, click.Command]:
    commands: Callable[[], Mapping[str, click.Command]] = resolve_name(OF_PLUGINS)
    return commands()
