"""Read a devserve.toml: the project, or every mistake at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from devserve.config.assembly import project_of
from devserve.config.checks import Draft, check, doubt
from devserve.config.includes import parted
from devserve.config.mistakes import Mistake, in_order, mistake_of, subject
from devserve.config.positions import Location, locate
from devserve.config.syntax import Data, data_of
from devserve.config.tables import Document
from devserve.config.values import Project, Service, UpstreamTls
from devserve.errors import ConfigError

Kind = Literal["file", "folder", "repository"]

DEPTH = 3  # ("services", NAME, KEY): what is left out, for the checks, around a wrong value


@dataclass(frozen=True, slots=True)
class NamedPath:
    """A file or folder that must be there, and the key that names it."""

    path: Path
    kind: Kind
    location: Location
    line: int
    column: int
    file: str

    @property
    def absence(self) -> str:
        """The sentence for when it is not there, as `file:line:column: message`."""
        noun = "folder" if self.kind == "repository" else self.kind
        return self._said(f"there is no {noun} {self.path}; create it")

    @property
    def emptiness(self) -> str:
        """The sentence for when a folder is there, but is no repository."""
        return self._said(f"there is no devserve.toml in {self.path} or its sub-folders; run `devserve init` there")

    def _said(self, sentence: str) -> str:
        return f"{self.file}:{self.line}:{self.column}: {sentence}, or edit {subject(self.location)}"


def load(text: str, file: Path, shown: str = "") -> Project:
    """Return the project of a file's text. `shown` stands for the file in messages.

    What is wrong unless a plugin adds it is no mistake yet: the project's `doubts` have it.

    Raises:
        ConfigError: with every mistake, from the top of the file to its end.
    """
    name = shown or str(file)
    data = data_of(text, name)
    positions = locate(text)
    document, mistakes, broken = validated(data)
    services = data.get("services")
    names = frozenset(services) if isinstance(services, dict) else frozenset()
    project = project_of(document, file)
    draft = Draft(project, positions, names, broken)
    mistakes += check(draft)
    doubts = doubt(draft)
    if mistakes:
        raise ConfigError(*in_order([*mistakes, *doubts.values()], positions, name))
    return replace(project, doubts={key: in_order([each], positions, name)[0] for key, each in doubts.items()})


def validated(data: Data) -> tuple[Document, list[Mistake], frozenset[Location]]:
    """Return the tables without the values that are wrong, what is wrong with those, and their locations."""
    try:
        return Document.model_validate(data), [], frozenset()
    except ValidationError as error:
        errors = error.errors(include_url=False)
    mistakes = [mistake_of(each) for each in errors]
    broken = frozenset(mistake.location[:DEPTH] for mistake in mistakes)
    return Document.model_validate(without(data, broken)), mistakes, broken


def without(data: Data, locations: Iterable[Location]) -> Data:
    """Return a copy of the data that lacks what stands at these locations."""
    kept = deepcopy(data)
    for *parents, last in locations:
        table: object = kept
        for parent in parents:
            table = table.get(parent) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table.pop(last, None)
    return kept


def paths_to_check(project: Project, text: str, shown: str = "") -> tuple[NamedPath, ...]:
    """Return the files and folders that a project's text names, for a look at whether they are there."""
    positions = locate(text)
    named: list[tuple[Path, Kind, Location]] = [
        *(_included(path, ("project", "include", index)) for index, path in enumerate(project.include)),
        *((path, "file", ("project", "plugins", index)) for index, path in enumerate(project.plugins)),
    ]
    for service in project.services:
        named += ((path, kind, ("services", service.name, *keys)) for path, kind, keys in paths_of(service))
    return tuple(
        NamedPath(path, kind, location, *positions.find(location), shown or str(project.file))
        for path, kind, location in named
    )


def _included(include: Path, location: Location) -> tuple[Path, Kind, Location]:
    """Return the repository that must be there, or the folder in which a pattern looks for some."""
    folder, pattern = parted(include)
    return folder, "folder" if pattern else "repository", location


def paths_of(service: Service) -> Iterator[tuple[Path, Kind, Location]]:
    """Yield the files and folders that a service needs, each with its key."""
    if service.env_file:
        yield service.env_file, "file", ("env_file",)
    if service.cwd:
        yield service.cwd, "folder", ("cwd",)
    if service.livereload.script:
        yield service.livereload.script, "file", ("livereload", "script")
    origins = (service.upstream, service.fallback)
    tls = next((origin.tls for origin in origins if origin is not None and origin.tls is not None), UpstreamTls())
    for key, path in (("ca", tls.ca), ("client_cert", tls.client_cert), ("client_key", tls.client_key)):
        if path:
            yield path, "file", ("upstream_tls", key)
