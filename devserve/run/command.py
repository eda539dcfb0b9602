"""The command that starts a service: its words, its folder and its whole environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from devserve.config.values import Service
from devserve.run.masking import secrets_of

PORT_REFERENCE = re.compile(r"\$(?:PORT\b|\{PORT\})")
# Python holds its output back when nothing shows it the end of a line.
DEFAULTS = {"PYTHONUNBUFFERED": "1"}
COLOR = {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}
# Variables of devserve's own name may be secrets; the home is no secret, and a nested `devserve` command needs it.
OWN_PREFIX = "DEVSERVE_"
OWN_BUT_PASSED_ON = frozenset({"DEVSERVE_HOME"})
# sd_listen_fds(3): these describe descriptors that only devserve itself was given.
SOCKET_ACTIVATION = frozenset({"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET"})


@dataclass(frozen=True, slots=True)
class Command:
    """What is started: the program and its arguments, the folder, the environment, what its lines must not show."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def command_for(
    service: Service,
    port: int,
    inherited: Mapping[str, str],
    extra: Mapping[str, str],
    env_file: Mapping[str, str],
    *,
    color: bool = False,
) -> Command:
    """Return the command of a service. `extra` is what devserve adds for all: URLs of others, the CA's path.

    The service's own `env` wins over its `env_file`, that over `extra`, that over what devserve inherited. PORT is
    always devserve's: it is the port that the proxy dials.
    """
    env = {
        **{name: value for name, value in inherited.items() if _is_passed_on(name)},
        **DEFAULTS,
        **(COLOR if color else {}),
        **{name: with_port(value, port) for layer in (extra, env_file, service.env) for name, value in layer.items()},
        "PORT": str(port),
        "DEVSERVE": "1",
        "DEVSERVE_SERVICE": service.name,
    }
    argv = tuple(with_port(word, port) for word in service.command)
    return Command(argv, service.root / (service.cwd or ""), env, secrets_of(env_file))


def task_for(argv: Sequence[str], command: Command) -> Command:
    """Return the command of a task: it runs where and with what the service's own command runs."""
    return replace(command, argv=tuple(with_port(word, int(command.env["PORT"])) for word in argv))


def with_port(text: str, port: int) -> str:
    """Return the text with $PORT and ${PORT} replaced. No other variable is, for no shell reads it."""
    return PORT_REFERENCE.sub(str(port), text)


def _is_passed_on(name: str) -> bool:
    if name in OWN_BUT_PASSED_ON:
        return True
    return not name.startswith(OWN_PREFIX) and name not in SOCKET_ACTIVATION
