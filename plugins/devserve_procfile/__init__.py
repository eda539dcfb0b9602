"""A repository that has a Procfile and declares no services: each line of the Procfile becomes one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from devserve import Project, Ready, Service, hookimpl

LINE = re.compile(r"([A-Za-z0-9_-]+)\s*:\s*(.+)")
LISTENS_BY_CONVENTION = "web"
NAMES = ("Procfile.dev", "Procfile")  # the first that is there


@hookimpl
def devserve_services(project: Project) -> Sequence[Service]:
    """The lines of the Procfile, as services at NAME.DOMAIN; a name becomes a label of a host name.

    Raises:
        ValueError: a line is not `name: command`.
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
    for number, line in enumerate(procfile.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = LINE.fullmatch(text)
        if match is None:
            raise ValueError(f'{procfile}:{number}: "{text}" is not "name: command"; put a # before it or mend it')
        yield match[1].lower().replace("_", "-"), match[2]
