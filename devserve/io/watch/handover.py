"""Changes of one root on their way from the observer's thread to the loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator

from watchdog.events import FileSystemEvent, FileSystemEventHandler

from devserve.watch.ignore import Ignored


class Relay(FileSystemEventHandler):
    """Carries one root's changes from the observer's thread to the loop.

    A storm of events wakes the loop once, not once for each: what has come until the loop runs is told together.
    """

    def __init__(
        self, folder: str, ignored: Ignored, callback: Callable[[str], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._prefix = f"{folder.rstrip('/')}/"
        self._ignored = ignored
        self._callback = callback
        self._loop = loop
        self._lock = threading.Lock()
        self._noted: dict[str, None] = {}  # in order of arrival
        self._ended = False

    def end(self) -> None:
        """Call back no more, not even with what has been noted."""
        self._ended = True

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
            if not self._ended:  # the callback may have ended it
                self._callback(path)

    def _file(self, event: FileSystemEvent) -> Iterator[str]:
        source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path)
        if event.event_type == "moved":  # a rename-save is about its target; a file that left, about its old place
            yield self._relative(target) or self._relative(source)
        else:
            yield self._relative(source)

    def _below(self, event: FileSystemEvent) -> Iterator[str]:
        """Yield the files of a new folder, of which watchdog's own observers tell alone."""
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
