"""Changed files, told to the loop: one observer for all roots, and another for those that have to be polled."""

from __future__ import annotations

import asyncio
import errno
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from devserve.config.values import WatchRule
from devserve.errors import ServiceError
from devserve.io.config.node import repository_folders
from devserve.io.doctor import measure
from devserve.io.watch.emitter import POLL, inotify_observer, polling_observer
from devserve.io.watch.handover import Relay
from devserve.io.watch.inotify import Inotify
from devserve.io.watch.trees import Complaints, Trees
from devserve.io.watch.walk import SHORT, explore, no_watch
from devserve.watch import budget
from devserve.watch.ignore import Ignored
from devserve.watch.mounts import file_system, is_silent
from devserve.watch.patterns import shared_ignores
from devserve.watch.tree import GITIGNORE, Tree

LOG = logging.getLogger("devserve")
MOUNTINFO = Path("/proc/self/mountinfo")
INOTIFY = Inotify if sys.platform == "linux" else None
# What watchdog's own observers are asked for; our emitters tell of files alone.
KINDS: list[type[FileSystemEvent]] = [
    FileModifiedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]


@dataclass(slots=True)
class Place:
    """A root, and who hears of its changes. `tree` is there while it is polled."""

    folder: str
    rules: list[Ignored] = field(default_factory=list)
    relays: list[Relay] = field(default_factory=list)
    services: dict[str, None] = field(default_factory=dict)
    tree: Tree | None = None

    def join(self, ignored: Ignored) -> Ignored:
        """Take in what somebody ignores and return it, or the same of somebody else: it is asked and told once."""
        known = next((rule for rule in self.rules if rule.same(ignored)), None)
        if known is None:
            self.rules.append(ignored)
        return known or ignored

    def names(self) -> str:
        """Return the services' names."""
        return ", ".join(self.services) or self.folder


@dataclass(frozen=True, slots=True)
class Need:
    """The folders below a root that have to be watched; `silent` is its file system where that tells no changes."""

    root: str
    folders: Sequence[str]
    silent: str = ""


class Watcher:
    """Watches folders and calls back on the loop that it was made on. Call `stop` before that loop is closed.

    On Linux one inotify descriptor serves all roots. A root is polled when its file system does not tell what changes,
    or when the user has no watch left; that is said once.
    """

    def __init__(
        self,
        new_inotify: Callable[[], Inotify] | None = INOTIFY,
        mountinfo: Path = MOUNTINFO,
        interval: float = POLL,
    ) -> None:
        """Start watching; without `new_inotify`, by watchdog's observer for this platform."""
        self._loop = asyncio.get_running_loop()
        self._places: dict[str, Place] = {}
        self._mountinfo = mountinfo.read_text(errors="surrogateescape") if mountinfo.exists() else ""
        self._polled: dict[str, Tree] = {}
        self._polling = polling_observer(self._polled, interval)
        self._trees: Trees | None = None
        self._lack: OSError | None = None
        self._native, self._all = self._observer(new_inotify)
        for observer in {self._native, self._polling}:
            observer.start()

    def __repr__(self) -> str:
        state = "watching" if self._native.is_alive() else "stopped"
        return f"<Watcher {len(self._places)} roots, {self.watches} watches, {len(self._polled)} polled, {state}>"

    @property
    def watches(self) -> int:
        """The number of folders that the kernel watches for us."""
        return len(self._trees) if self._trees else 0

    def watch(
        self, root: Path, ignored: Ignored, callback: Callable[[str], None], service: str = ""
    ) -> Callable[[], None]:
        """Call back with each changed file's path, relative to `root` with "/", unless it is ignored.

        Roots may lie within each other. Call what is returned to end it.
        Raises `ServiceError` when the folder cannot be watched.
        """
        if not root.is_dir():
            raise ServiceError(f"cannot watch {root}: there is no such folder; create it or correct devserve.toml")
        folder = str(root.resolve())  # a link would be watched itself, not what it leads to
        place = self._places.setdefault(folder, Place(folder))
        ignored = place.join(ignored)
        relay = Relay(folder, ignored, callback, self._loop)
        place.relays.append(relay)
        if service:
            place.services[service] = None
        kind = file_system(folder, self._mountinfo)
        if place.tree is not None:
            place.tree.join(ignored)
            self._polling.schedule(relay, folder, recursive=True)
        elif self._lack is not None:
            self._poll(place, Tree(folder, place.rules))
            self._say_short(place, self._lack)
        elif is_silent(kind):
            self._poll(place, Tree(folder, place.rules))
            self._say_silent(place, kind)
        elif self._trees is not None and self._all is not None:
            self._native.add_handler_for_watch(relay, self._all)
            self._add(self._trees, place, ignored, relay)
        else:
            self._watch_by_platform(place, relay)
        return partial(self._end, place, relay)

    def files(self, root: Path) -> list[str]:
        """Return the watched files below a root, relative to it; none where it is polled or not by us."""
        folder = str(root.resolve())
        if self._trees is None or self._places[folder].tree is not None:
            return []
        return [each.below(name) for each in self._trees.folders(folder) for name in each.files]

    def stop(self) -> None:
        """Stop watching and wait for the observers' threads; nothing is called back after what the loop holds now."""
        for observer in (self._native, self._polling):
            observer.stop()
            observer.join()
        if self._trees is not None:
            self._trees.close()

    def _end(self, place: Place, relay: Relay) -> None:
        """Tell a relay nothing more, and let a root go when that was its last one."""
        relay.end()
        place.relays.remove(relay)
        if place.tree is not None:
            observer, watch = self._polling, ObservedWatch(place.folder, recursive=True)
        else:
            observer = self._native
            watch = self._all or ObservedWatch(place.folder, recursive=True, event_filter=KINDS)
        observer.remove_handler_for_watch(relay, watch)
        if place.relays:
            return
        del self._places[place.folder]
        if watch is not self._all:
            observer.unschedule(watch)
            self._polled.pop(place.folder, None)
        elif self._trees is not None:
            self._trees.remove(place.folder)

    def _observer(self, new_inotify: Callable[[], Inotify] | None) -> tuple[BaseObserver, ObservedWatch | None]:
        if new_inotify is None:
            return Observer(), None
        try:
            inotify = new_inotify()
        except OSError as error:  # no instance is left; all roots are polled
            self._lack = error
            return self._polling, None
        self._trees = Trees(inotify, self._hear_short)
        observer = inotify_observer(self._trees)
        return observer, observer.schedule(FileSystemEventHandler(), "/", recursive=True)

    def _add(self, trees: Trees, place: Place, ignored: Ignored, relay: Relay) -> None:
        try:
            trees.add(place.folder, ignored)
        except OSError as error:
            if error.errno not in SHORT:
                self._end(place, relay)
                raise cannot_watch(place.folder, error) from error
            self._fall_back(Tree(place.folder, place.rules), error)

    def _watch_by_platform(self, place: Place, relay: Relay) -> None:
        """Watch by watchdog's own observer, which tells of everything; the .gitignore further down are read here."""
        explore(Tree(place.folder, place.rules), [""], no_watch, Complaints().add, telling=False)
        try:
            self._native.schedule(relay, place.folder, recursive=True, event_filter=KINDS)
        except OSError as error:
            raise cannot_watch(place.folder, error) from error

    def _hear_short(self, tree: Tree, error: OSError) -> None:
        """Hear, in the reading thread, that there is no watch left for a new folder."""
        self._loop.call_soon_threadsafe(self._fall_back, tree, error)

    def _fall_back(self, tree: Tree, error: OSError) -> None:
        """Poll a root for which there is no watch left."""
        place = self._places.get(tree.root)
        if place is None or place.tree is not None:  # let go meanwhile, or polled already
            return
        for relay in place.relays:
            if self._all is not None:
                self._native.remove_handler_for_watch(relay, self._all)
        self._poll(place, tree)
        self._say_short(place, error)

    def _poll(self, place: Place, tree: Tree) -> None:
        self._polled[place.folder] = place.tree = tree
        for relay in place.relays:
            self._polling.schedule(relay, place.folder, recursive=True)

    def _say_silent(self, place: Place, kind: str) -> None:
        LOG.warning(
            "%s: %s is on %s, which does not tell what others change there; it is looked at once a second instead",
            place.names(),
            place.folder,
            kind,
        )

    def _say_short(self, place: Place, error: OSError) -> None:
        found, code = measure.watches(), error.errno or 0
        folders = [folder.path for folder in place.tree.folders()] if place.tree else []
        used, most = (found.used, found.most) if found else (0, 0)
        if found and code == errno.EMFILE:
            used, most = found.instances, found.most_instances
        LOG.warning("%s", budget.shortage(place.names(), code, used, most, folders))


def needed(root: Path, rules: Sequence[Sequence[WatchRule]], mountinfo: Path = MOUNTINFO) -> Need:
    """Return what it takes to watch a root for services with these rules, found by a walk that watches nothing.

    Raises `ServiceError` when there is a .gitignore that cannot be read.
    """
    folder = str(root.resolve())
    kind = file_system(folder, mountinfo.read_text(errors="surrogateescape") if mountinfo.exists() else "")
    if is_silent(kind):
        return Need(folder, (), kind)
    tree = Tree(folder, [read_ignored(root, each) for each in rules])
    explore(tree, [""], no_watch, lambda place, error: None, telling=False)
    return Need(folder, [each.path for each in tree.folders()])


def read_ignored(root: Path, rules: Sequence[WatchRule] = ()) -> Ignored:
    """Return what is ignored below a root: the defaults, each .gitignore, and what no rule is about.

    The .gitignore of the root and of the folders around it, up to the repository's, are read here; those further down
    when they are come upon.
    Raises `ServiceError` when there is a .gitignore that cannot be read.
    """
    own, *around = [(folder, gitignore_of(folder)) for folder in repository_folders(root)]
    above = [(root.relative_to(folder).as_posix(), text) for folder, text in reversed(around) if text]
    wanted = [pattern for rule in rules for pattern in rule.paths]
    return Ignored(own[1], shared_ignores(rules), wanted, above)


def gitignore_of(folder: Path) -> str:
    """Return the text of a folder's .gitignore, "" without one."""
    file = folder / GITIGNORE
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ServiceError(f"cannot read {file}: {error.strerror}; make it a file that you may read") from error


def cannot_watch(what: str, error: OSError) -> ServiceError:
    """Return the error that says why something cannot be watched and what mends it."""
    fix = "make the folder readable for you" if error.errno == errno.EACCES else "check the folder"
    return ServiceError(f"cannot watch {what}: {error.strerror}; {fix}")
