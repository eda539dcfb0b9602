"""A repository that has a Procfile and declares no services: each line of the Procfile becomes one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from devserve import ConfigError, Project, Ready, Service, hookimpl

LINE = re.compile(r"([A-Za-z0-9_-]+)\s*:\s*(.+)")
LISTENS_BY_CONVENTION = "web"
TAKEN = "devserve"  # devserve.localhost is devserve's own page
MOST_OF_LABEL = 63  # RFC 1035, section 2.3.4
NAMES = ("Procfile.dev", "Procfile")  # the first that is there


@hookimpl
def devserve_services(project: Project) -> Sequence[Service]:
    """The lines of the Procfile, as services at NAME.DOMAIN; a name becomes a label of a host name.

    Raises:
        ConfigError: it cannot be read, or a line is not `name: command`.
    """
    procfile = next((file for name in NAMES if (file := project.root / name).is_file()), None)
    if project.services or procfile is None:
        return []
    env_file = project.root / ".env"
    return [
        Service(
            name=name,
            root=project.root,
            host=f"{name}.{project.domain}",
            command=("sh", "-c", command),  # a Procfile's commands are written for a shell
            env_file=env_file if env_file.is_file() else None,  # as foreman has it
            ready=_ready(name, command),
        )
        for name, command in _lines(procfile)
    ]


def _ready(name: str, command: str) -> Ready:
    """A line that uses PORT is ready when it listens; a worker never does, so its first line of output has to do."""
    listens = name == LISTENS_BY_CONVENTION or "PORT" in command
    return Ready() if listens else Ready(by="log", log="")


def _lines(procfile: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_text(procfile).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = LINE.fullmatch(text)
        name = _label(match[1]) if match else ""
        if match is None or not name:
            raise ConfigError(f'{procfile}:{number}: "{text}" is not "name: command"; put a # before it or mend it')
        yield name, match[2]


def _text(procfile: Path) -> str:
    try:
        return procfile.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{procfile}: not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{procfile}: cannot be read: {error.strerror}; change its owner or mode") from None


def _label(name: str) -> str:
    label = name.lower().replace("_", "-")[:MOST_OF_LABEL].strip("-")
    return f"{label}-process" if label == TAKEN else label
