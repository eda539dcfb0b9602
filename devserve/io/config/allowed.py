"""What each repository may run, on disk: a record per repository, never taken for absent after a failed read."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from devserve import plugins
from devserve.config.allowance import Allowance, allowance_of, as_json, from_json
from devserve.config.values import Project
from devserve.errors import ConfigError, DevserveError
from devserve.io import state

FOLDER = "allowed"
LOCK = "lock"


def wanted(project: Project) -> Allowance:
    """Return what a repository would run. Nothing of it runs for that: only installed plugins are asked.

    Raises:
        ConfigError: a plugin file cannot be read, or an installed plugin finds a mistake.
    """
    quietly = plugins.Conduct(is_quiet=True)  # whoever loads them to use them says what is wrong with them
    installed = plugins.load(project.without_files(), quietly)
    services = [replace(service, watch=installed.watch(service)) for service in installed.services(project).services]
    return allowance_of(project, services, {path: content_of(path) for path in project.plugins})


def is_allowed(project: Project) -> bool:
    """Tell whether all that a repository would run may run; what runs nothing may. Raises as `wanted` and `read`."""
    now = wanted(project)
    before = read(state.place(), project.file) if now else now
    return before is not None and before.digest == now.digest


def read(home: Path, file: Path) -> Allowance | None:
    """Return what the repository of a devserve.toml was allowed to run; None if nothing ever was.

    Raises:
        DevserveError: the record is there and cannot be read.
    """
    path = record_file(home, file)
    try:
        return from_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DevserveError(f"{path}: cannot be read: {error.strerror}. Check its owner: `ls -l {path}`.") from error
    except ValueError as error:
        raise DevserveError(f"{path}: {error}. Remove it, then run `devserve allow` again.") from error


def record(home: Path, allowance: Allowance) -> None:
    """Write down that a repository may run this, in place of what it was allowed before. Raises DevserveError."""
    path = record_file(home, allowance.file)
    state.make_folder(path.parent)
    with state.lock(path.parent / LOCK):
        state.sweep(path.parent)
        state.write_atomic(path, as_json(allowance))


def revoke(home: Path, file: Path) -> None:
    """Take back what a repository was allowed; nothing to take back is fine. Raises DevserveError."""
    path = record_file(home, file)
    if path.exists():
        with state.lock(path.parent / LOCK):
            state.remove(path)


def record_file(home: Path, file: Path) -> Path:
    """Return the place of a repository's record."""
    return home / FOLDER / f"{sha256(os.fsencode(file)).hexdigest()}.json"


def content_of(path: Path) -> bytes:
    """Return what a plugin file holds. Raises ConfigError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; change its owner or mode") from error
