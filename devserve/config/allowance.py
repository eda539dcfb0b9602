"""What a repository would run: shown to whoever allows it, and told apart from what was allowed before."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from devserve.config.values import Project, Service

VERSION = 1
PLAIN = re.compile(r"(?:[\w@%+=:,./-]|\$PORT\b|\$\{PORT\})+", re.ASCII)
AROUND = 1  # lines of context in a difference


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a repository would run: its commands, tasks and plugin files."""

    file: Path  # the devserve.toml; the same text elsewhere is another repository's
    lines: tuple[str, ...] = ()  # what would run, for people
    sources: tuple[str, ...] = ()  # the lines of the plugin files, each behind its file's name
    digest: str = ""  # of the file's path and of everything that would run, exactly

    def __bool__(self) -> bool:
        return bool(self.lines)


def allowance_of(project: Project, services: Sequence[Service], plugins: Mapping[Path, bytes]) -> Allowance:
    """Return what a project would run: by its services, and by its plugin files with these contents.

    What a command itself reads or runs is not looked at, nor is what an `env_file` holds: secrets change.
    """
    starters = [service for service in services if service.command or any(rule.run for rule in service.watch)]
    names = {path: shown_in(project.root, path) for path in plugins}
    lines = [
        *(line for service in starters for line in described(service)),
        *(f"plugin: {names[path]} ({counted(content)})" for path, content in plugins.items()),
        *(f"plugin {name} is told: {text_of(table)}" for name, table in project.tables.items()),
    ]
    sources = [
        f"{names[path]}: {line}"
        for path, content in plugins.items()
        for line in content.decode(errors="replace").splitlines()
    ]
    digest = digest_of(project, starters, plugins)
    return Allowance(project.file, tuple(map(visible, lines)), tuple(map(visible, sources)), digest)


def described(service: Service) -> Iterator[str]:
    """Yield the lines that say what a service would run, where, and with which variables."""
    name = service.name
    if service.command:
        yield f"{name} runs: {line_of(service.command)}"
    for rule in service.watch:
        if rule.run:
            yield f"{name} runs when {' '.join(rule.paths)} is saved: {line_of(rule.run)}"
    if service.cwd and service.cwd != service.root:
        yield f"{name} runs in: {shown_in(service.root, service.cwd)}"
    for variable, value in service.env.items():
        yield f"{name} gets: {variable}={shlex.quote(value)}"
    if service.env_file:
        yield f"{name} gets the variables in: {shown_in(service.root, service.env_file)}"


def line_of(command: Sequence[str]) -> str:
    """Return a command as one could write it; $PORT bare, for quotes would say that it stays as it is."""
    return " ".join(word if PLAIN.fullmatch(word) else shlex.quote(word) for word in command)


def digest_of(project: Project, services: Sequence[Service], plugins: Mapping[Path, bytes]) -> str:
    """Return a digest in which two repositories that would run different things differ."""
    exactly = [
        str(project.file),
        [
            [
                service.name,
                service.command,
                [rule.run for rule in service.watch if rule.run],
                str(service.root),
                str(service.cwd),
                sorted(service.env.items()),
                str(service.env_file),
            ]
            for service in services
        ],
        [[str(path), sha256(content).hexdigest()] for path, content in plugins.items()],
        *([text_of(project.tables)] if project.tables else []),
    ]
    return sha256(json.dumps(exactly).encode()).hexdigest()


def text_of(table: object) -> str:
    """Return what a table says, the same text for the same table."""
    return json.dumps(table, sort_keys=True, ensure_ascii=False, default=str)


def difference(before: Allowance, now: Allowance) -> tuple[str, ...]:
    """Return the lines of a unified diff of what would run; all that would run if no line shows what differs."""
    old, new = (*before.lines, *before.sources), (*now.lines, *now.sources)
    return tuple(unified_diff(old, new, lineterm="", n=AROUND))[2:] or now.lines


def as_json(allowance: Allowance) -> bytes:
    """Return the record of an allowance."""
    record = {
        "version": VERSION,
        "file": str(allowance.file),
        "digest": allowance.digest,
        "lines": allowance.lines,
        "sources": allowance.sources,
    }
    return json.dumps(record, indent=1).encode()


def from_json(data: bytes) -> Allowance:
    """Return the allowance of a record. Raises ValueError when it is none."""
    record = json.loads(data)
    if not isinstance(record, dict) or record.get("version") != VERSION:
        raise ValueError("not a record of this version")
    file, digest = record.get("file"), record.get("digest")
    if not isinstance(file, str) or not isinstance(digest, str):
        raise ValueError("not a record of what was allowed")
    return Allowance(Path(file), texts_of(record.get("lines")), texts_of(record.get("sources")), digest)


def texts_of(value: object) -> tuple[str, ...]:
    """Return a list of texts. Raises ValueError when it is none."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("not a list of texts")
    return tuple(value)


def visible(text: str) -> str:
    """Return a text in which nothing hides: what a terminal would obey, or not show, is written as its escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def allow_command(roots: Iterable[Path]) -> str:
    """Return the command that allows what the repositories in these folders would run."""
    return visible(shlex.join(("devserve", "allow", *map(str, roots))))


def counted(content: bytes) -> str:
    """Return how long a file is."""
    number = len(content.splitlines())
    return f"{number} line" if number == 1 else f"{number} lines"


def shown_in(root: Path, path: Path) -> str:
    """Return a path as seen from the repository's folder, if it lies below."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
