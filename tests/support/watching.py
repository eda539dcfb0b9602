"""A watcher on real folders, and kernels that are short of something."""

from __future__ import annotations

import errno
import os
import re
import threading
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from devserve.io.watch.inotify import Inotify
from devserve.io.watch.watcher import Watcher
from devserve.watch.ignore import Ignored
from devserve.watch.records import CLOSE_WRITE, HEAD, OVERFLOW

WATCH = re.compile(r"^inotify wd.* ino:([0-9a-f]+) .* mask:([0-9a-f]+) ", re.MULTILINE)


@asynccontextmanager
async def watching(root, ignored=None, **more):
    """Watch a folder; yields the list of what is told."""
    async with new_watcher(**more) as watcher:
        told = []
        watcher.watch(root, ignored or Ignored(), told.append, "web")
        yield told


@asynccontextmanager
async def new_watcher(**more):
    """A watcher that is stopped in the end."""
    watcher = Watcher(**more)
    try:
        yield watcher
    finally:
        watcher.stop()


class Scarce(Inotify):
    """A kernel with few watches."""

    most = 3

    def __init__(self):
        super().__init__()
        self.given = set()

    def add(self, folder, follow=False):
        if len(self.given) == self.most:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder)
        descriptor = super().add(folder, follow)
        self.given.add(descriptor)
        return descriptor

    def remove(self, descriptor):
        super().remove(descriptor)
        self.given.discard(descriptor)


class Shut(Inotify):
    """A kernel that lets nobody look into folders named `shut`, nor around the root."""

    def guard(self, folder):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), folder)

    def add(self, folder, follow=False):
        if folder.endswith("/shut"):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), folder)
        return super().add(folder, follow)


class Mistaken(Inotify):
    """A kernel that does what nobody expects with folders named `odd`."""

    def add(self, folder, follow=False):
        if folder.endswith("/odd"):
            raise LookupError(folder)
        return super().add(folder, follow)


class Paused(Inotify):
    """A kernel whose events nobody reads until it is woken, and unless `going` is set."""

    def __init__(self):
        super().__init__()
        self.going = threading.Event()
        self.idle = False  # there is nothing left to do but to wait
        self._first = True  # it began before there was anything to watch

    def read(self, patience=None):
        self.going.wait()
        self.idle = patience is None and not self._first
        self._first = False
        return super().read(patience)

    def wake(self):
        self.going.set()
        super().wake()


class Forgetful(Inotify):
    """A kernel whose queue is full every other time."""

    def __init__(self):
        super().__init__()
        self.full = False

    def read(self, patience=None):
        data = super().read(patience)
        self.full = bool(data) and not self.full
        return HEAD.pack(-1, OVERFLOW, 0, 0) if self.full else data


def without_instances():
    """What there is instead of a descriptor when all are in use."""
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def watched_folders(process="self"):
    """The number of folders whose files the kernel itself says are watched: not that around a root."""
    return len(watched_inodes(process))


def watched_inodes(process="self"):
    """The inodes of these folders."""
    found = []
    for descriptor in Path(f"/proc/{process}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # it was this listing's own
            found += WATCH.findall(descriptor.read_text())
    return [int(inode, 16) for inode, mask in found if int(mask, 16) & CLOSE_WRITE]
