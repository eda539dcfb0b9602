"""A few files, wherever they lie: what they hold, and when that has been saved."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from devserve.errors import ServiceError
from devserve.io.watch.gitlock import GitLock
from devserve.io.watch.settling import Settling
from devserve.io.watch.watcher import Watcher
from devserve.watch.ignore import Ignored

LOG = logging.getLogger("devserve")


def contents(paths: Iterable[Path]) -> Mapping[Path, bytes | None]:
    """Return what each file holds; None for one that is not there or cannot be read."""
    return {path: _content(path) for path in paths}


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


class SavedFiles:
    """Calls back when files have been saved, moved or removed: once for a burst, and not while git is busy."""

    def __init__(self, watcher: Watcher, saved: Callable[[], None]) -> None:
        self._watcher = watcher
        self._settling = Settling(lambda _: saved(), self._is_held)
        self._locks: dict[Path, GitLock] = {}
        self._watched: dict[tuple[Path, frozenset[str]], Callable[[], None]] = {}  # to what ends it

    def __repr__(self) -> str:
        return f"<SavedFiles in {len(self._watched)} folders, {self._settling!r}>"

    def watch(self, paths: Iterable[Path]) -> None:
        """Watch these files from now on, and no others. What cannot be watched is said."""
        names: dict[Path, set[str]] = {}
        for path in paths:
            names.setdefault(path.parent, set()).add(path.name)
        wanted = {(folder, frozenset(each)) for folder, each in names.items() if folder.is_dir()}
        for place in sorted(wanted - self._watched.keys(), key=str):
            self._begin(*place)
        for place in self._watched.keys() - wanted:
            self._watched.pop(place)()

    def close(self) -> None:
        """Watch nothing any more."""
        self.watch(())
        self._settling.close()

    def _begin(self, folder: Path, names: frozenset[str]) -> None:
        only = Ignored(extra=["*"], wanted=names)
        try:
            end = self._watcher.watch(folder, only, partial(self._changed, folder))
        except ServiceError as error:
            LOG.warning("%s; until then, what is saved in %s counts at the next start only", error, " and ".join(names))
            return
        self._watched[folder, names] = end
        self._locks[folder] = GitLock(folder)

    def _changed(self, folder: Path, name: str) -> None:
        self._settling.add(str(folder / name))

    def _is_held(self) -> bool:
        return any(lock.held() for lock in self._locks.values())
