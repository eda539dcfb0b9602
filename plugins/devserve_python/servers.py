"""Servers with a reloader of their own, by the words of a command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from devserve import Service

ASKS = "--reload"
# Options of a reloader that take a value, of uvicorn and gunicorn.
VALUED = (
    "--reload-dir",
    "--reload-include",
    "--reload-exclude",
    "--reload-delay",
    "--reload-engine",
    "--reload-extra-file",
)
OFF = {"", "0", "false", "no", "off"}
FRESH = str(Path(__file__).with_name("fresh_templates.py"))
PYTHON = re.compile(r"python[\d.]*")
RUNNERS = {"uv", "poetry", "pipenv", "pdm", "hatch"}


class Reloads(Enum):
    """When a server restarts by itself."""

    ALWAYS = "unless an option says no"
    DEBUGGING = "when it is debugged, unless an option says no"
    ASKED = "when an option says so"


@dataclass(frozen=True, slots=True)
class Server:
    """A server: the word that starts it, the word that must follow, and the option that switches its reloader off."""

    program: str
    verb: str = ""
    off: str = ""
    reloads: Reloads = Reloads.ASKED


DJANGO = Server("manage.py", "runserver", "--noreload", Reloads.ALWAYS)
FLASK = Server("flask", "run", "--no-reload", Reloads.DEBUGGING)
FASTAPI = Server("fastapi", "dev", "--no-reload", Reloads.ALWAYS)
BY_PROGRAM = {
    **dict.fromkeys(("manage.py", "django-admin", "django"), DJANGO),
    "flask": FLASK,
    "fastapi": FASTAPI,
    **{name: Server(name) for name in ("uvicorn", "gunicorn", "hypercorn")},
}


def own_reloader(service: Service) -> Server | None:
    """Return the server of a service that would restart by itself when a file is saved; None if none would."""
    found = _found(service.command)
    if found is None:
        return None
    server, _ = found
    match server.reloads:
        case Reloads.ASKED:
            reloads = ASKS in service.command
        case Reloads.DEBUGGING:
            debugs = "--debug" in service.command or service.env.get("FLASK_DEBUG", "").lower() not in OFF
            reloads = debugs and server.off not in service.command
        case Reloads.ALWAYS:
            reloads = server.off not in service.command
    return server if reloads else None


def without_reloader(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command, that of such a server with its reloader switched off."""
    found = _found(command)
    if found is None:
        return tuple(command)
    server, at = found
    before, after = command[: at + 1], command[at + 1 :]
    off = [server.off] if server.off and server.off not in command else []
    return (*before, *off, *_plain(after))


def with_fresh_templates(command: Sequence[str]) -> tuple[str, ...] | None:
    """Return the command of Django's server with its templates read anew; None where a Python runs that is not here.

    Django keeps templates in memory since 4.1, and forgets them by its own reloader only.
    """
    found = _found(command)
    names = [PurePosixPath(word).name for word in command]
    if found is None or found[0] is not DJANGO or DJANGO.program not in names:
        return None
    at = names.index(DJANGO.program)
    before = [name for name in names[:at] if not name.startswith("-")]
    is_python = bool(before) and bool(PYTHON.fullmatch(before[-1])) and before[0] in {before[-1], *RUNNERS}
    return (*command[:at], FRESH, *command[at:]) if is_python or before == ["uv", "run"] else None


def _found(command: Sequence[str]) -> tuple[Server, int] | None:
    """Return the server that a command starts, and where the last word is that tells of it."""
    names = [PurePosixPath(word).name for word in command]
    for start, name in enumerate(names):
        server = BY_PROGRAM.get(name)
        if server is None:
            continue
        if not server.verb:
            return server, start
        if server.verb in names[start:]:
            return server, names.index(server.verb, start)
    return None


def _plain(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words without those that ask for a reloader."""
    kept: list[str] = []
    follows = False
    for word in words:
        option = word.partition("=")[0]
        if not (follows or option == ASKS or option in VALUED):
            kept.append(word)
        follows = word in VALUED
    return tuple(kept)
