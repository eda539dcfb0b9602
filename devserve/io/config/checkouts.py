"""Where the repositories of this machine lie: beside each other, or where devserve has run them before."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path

from devserve.config.labels import is_called
from devserve.errors import DevserveError
from devserve.io import state
from devserve.io.config import projects

NAME = "checkouts.json"
MOST = 200  # folders, those that ran last
LOG = logging.getLogger("devserve")


def find(repository: str, service: str, beside: Path, home: Path) -> Path | None:
    """Return the folder of a repository that has this service; one beside another repository comes first."""
    known = [beside.parent / repository, *(folder for folder in recorded(home) if is_called(folder, repository))]
    return next((folder for folder in known if has(folder, service)), None)


def has(folder: Path, service: str) -> bool:
    """Tell whether a folder's devserve.toml is right and has a service of this name. No plugin is asked."""
    if not (folder / projects.NAME).is_file():
        return False
    try:
        return any(each.name == service for each in projects.read(folder).services)
    except DevserveError:
        return False


def record(folders: Iterable[Path], home: Path) -> None:
    """Remember where repositories lie. A file that is damaged is said, and left as it is."""
    running = [str(folder) for folder in folders]
    with state.lock(home / f"{NAME}.lock"):
        try:
            before = _read(home)
        except ValueError:
            LOG.warning("%s is damaged, so the folders of repositories are not remembered; remove it", home / NAME)
            return
        kept = [*running, *(folder for folder in before if folder not in running)][:MOST]
        if sorted(kept) != sorted(before):
            state.write_atomic(home / NAME, json.dumps(kept, indent=1).encode())


def recorded(home: Path) -> list[Path]:
    """Return where repositories were when devserve ran them; nothing when that cannot be read."""
    try:
        return [Path(folder) for folder in _read(home)]
    except ValueError:
        return []


def _read(home: Path) -> list[str]:
    """Return what is recorded. Raises ValueError when it is no list of folders."""
    try:
        found = json.loads((home / NAME).read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ValueError from error
    if not isinstance(found, list) or not all(isinstance(folder, str) for folder in found):
        raise ValueError
    return found
