"""Changed files, told to the loop: one watchdog observer for all roots."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from devserve.errors import ServiceError
from devserve.watch.ignore import Ignored

if sys.platform == "linux":
    from watchdog.observers.inotify import InotifyObserver

# inotify tells when a file has been written and closed, so a half-saved file is never announced. Asking for these kinds
# alone keeps opened, read and modified out of the kernel's queue.
SAYS_CLOSED = sys.platform == "linux"
KINDS: list[type[FileSystemEvent]] = [
    FileClosedEvent if SAYS_CLOSED else FileModifiedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]
FIXES = {
    errno.ENOSPC: "run: sudo sysctl fs.inotify.max_user_watches=524288",
    errno.EMFILE: "run: sudo sysctl fs.inotify.max_user_instances=1024",
    errno.EACCES: "make the folder readable for you",
}


class Watcher:
    """Watches folders and calls back on the loop that it was made on. Call `stop` before that loop is closed."""

    def __init__(self, new_observer: Callable[[], BaseObserver] | None = None) -> None:
        """Start the observer; `new_observer` makes another one than the platform's.

        Raises `ServiceError` when the system has no watcher left.
        """
        self._loop = asyncio.get_running_loop()
        self._roots = 0
        try:
            self._observer = (new_observer or native_observer)()
        except OSError as error:
            raise cannot_watch("files", error) from error
        self._observer.start()

    def __repr__(self) -> str:
        return f"<Watcher {self._roots} roots, {'watching' if self._observer.is_alive() else 'stopped'}>"

    def watch(self, root: Path, ignored: Ignored, callback: Callable[[str], None]) -> None:
        """Call back with each changed file's path, relative to `root` with "/", unless it is ignored.

        Roots may lie within each other. Raises `ServiceError` when the folder cannot be watched.
        """
        if not root.is_dir():
            raise ServiceError(f"cannot watch {root}: there is no such folder; create it or correct devserve.toml")
        folder = root.resolve()  # a link would be watched itself, not what it leads to
        relay = Relay(folder, ignored, callback, self._loop)
        try:
            self._observer.schedule(relay, str(folder), recursive=True, event_filter=KINDS)
        except OSError as error:
            raise cannot_watch(str(root), error) from error
        self._roots += 1

    def stop(self) -> None:
        """Stop watching and wait for the observer's threads; nothing is called back after what the loop holds now."""
        self._observer.stop()
        self._observer.join()


class Relay(FileSystemEventHandler):
    """Carries one root's changes from the observer's thread to the loop.

    A storm of events wakes the loop once, not once for each: what has come until the loop runs is told together.
    """

    def __init__(
        self, folder: Path, ignored: Ignored, callback: Callable[[str], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._prefix = f"{folder}/" if folder != Path(folder.anchor) else str(folder)
        self._ignored = ignored
        self._callback = callback
        self._loop = loop
        self._lock = threading.Lock()
        self._noted: dict[str, None] = {}  # in order of arrival

    def dispatch(self, event: FileSystemEvent) -> None:
        """Note the files that an event is about; called in the observer's thread."""
        changed = self._below(event) if event.is_directory else self._file(event)
        noted = dict.fromkeys(path for path in changed if path)
        with self._lock:
            wake = bool(noted) and not self._noted
            self._noted.update(noted)
        if wake:
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        with self._lock:
            noted, self._noted = self._noted, {}
        for path in noted:
            self._callback(path)

    def _file(self, event: FileSystemEvent) -> Iterator[str]:
        source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path)
        if event.event_type == "moved":  # a rename-save is about its target; a file that left, about its old place
            yield self._relative(target) or self._relative(source)
        elif event.event_type != "created" or not SAYS_CLOSED or is_complete_when_created(source):
            yield self._relative(source)

    def _below(self, event: FileSystemEvent) -> Iterator[str]:
        """Yield the files of a new folder, written perhaps before the folder was watched."""
        top = os.fsdecode(event.dest_path or event.src_path)
        if event.event_type not in {"created", "moved"} or not self._relative(top, is_dir=True):
            return
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if self._relative(f"{folder}/{name}", is_dir=True)]
            yield from (self._relative(f"{folder}/{name}") for name in files)

    def _relative(self, path: str, is_dir: bool = False) -> str:
        """Return a path relative to the root; "" for one that is ignored or elsewhere."""
        if not path.startswith(self._prefix):
            return ""
        relative = path.removeprefix(self._prefix)
        return "" if self._ignored.covers(relative, is_dir) else relative


def native_observer() -> BaseObserver:
    """Return the platform's observer, not started.

    On Linux it tells a file that was moved in from one that was created, which is not written yet.
    """
    if sys.platform == "linux":
        # watchdog 7.1 finds the folders of `mkdir -p` twice and warns in its reader thread, which would die of the
        # warning where warnings are errors. It has replaced a callback with itself.
        warnings.filterwarnings("ignore", r"Callback with id '\d+' already exists", RuntimeWarning)
        return InotifyObserver(generate_full_events=True)
    return Observer()


def is_complete_when_created(path: str) -> bool:
    """Whether a new file is a link: it is never opened for writing, so there will be no other event."""
    try:
        status = Path(path).lstat()
    except OSError:  # it is gone again
        return False
    return stat.S_ISLNK(status.st_mode) or status.st_nlink > 1


def read_ignored(root: Path, extra: Iterable[str] = (), wanted: Iterable[str] = ()) -> Ignored:
    """Return what is ignored below a root: the defaults, its .gitignore and extra patterns, except what is wanted.

    Raises `ServiceError` when there is a .gitignore that cannot be read.
    """
    file = root / ".gitignore"
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise ServiceError(f"cannot read {file}: {error.strerror}; make it a file that you may read") from error
    return Ignored(text, extra, wanted)


def cannot_watch(what: str, error: OSError) -> ServiceError:
    """Return the error that says why something cannot be watched and what mends it."""
    fix = FIXES.get(error.errno or 0, "check the folder")
    return ServiceError(f"cannot watch {what}: {error.strerror}; {fix}")
