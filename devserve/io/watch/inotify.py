"""The kernel's inotify (inotify(7)): a descriptor, its watches, and the bytes that it has to say."""

from __future__ import annotations

import ctypes
import os
import select
from contextlib import suppress

from devserve.watch.records import ADD_TO_MASK, DO_NOT_FOLLOW, FLAGS, ONLY_FOLDERS, WANTED, WAY

AT_ONCE = 1 << 20  # bytes; the whole of the kernel's queue as it comes, so that it is empty again soon


class Inotify:
    """One inotify descriptor. `wake` may be called by any thread and ends a `read` of another.

    Raises `OSError` where the system has no inotify, or no instance left (EMFILE).
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(self._libc, "inotify_init1"):
            raise OSError("there is no inotify here")
        self._descriptor = self._checked(self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        self._waking, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._poll.register(self._waking, select.POLLIN)

    def __repr__(self) -> str:
        return f"<Inotify {self._descriptor}>"

    def guard(self, folder: str) -> int:
        """Watch what names come and go in a folder, beside what else it is watched for; return its descriptor.

        Raises `OSError` as `add` does.
        """
        mask = WAY | ONLY_FOLDERS | ADD_TO_MASK
        return self._checked(self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask), folder)

    def add(self, folder: str, follow: bool = False) -> int:
        """Watch a folder and return its descriptor: the one that it has, if it is watched already.

        Raises `OSError`: ENOSPC when the user has no watch left; ENOTDIR for a link unless `follow`.
        """
        mask = WANTED | (FLAGS & ~DO_NOT_FOLLOW if follow else FLAGS)
        return self._checked(self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask), folder)

    def remove(self, descriptor: int) -> None:
        """Watch a folder no more; the kernel may have dropped it by itself."""
        self._libc.inotify_rm_watch(self._descriptor, descriptor)

    def read(self, patience: float | None = None) -> bytes:
        """Return the records that there are, waiting for the first; nothing when woken or out of patience (seconds)."""
        ready = self._poll.poll(None if patience is None else patience * 1000)
        if (self._waking, select.POLLIN) in ready:
            os.read(self._waking, AT_ONCE)
        if (self._descriptor, select.POLLIN) not in ready:
            return b""
        return os.read(self._descriptor, AT_ONCE)

    def wake(self) -> None:
        """End the reading, now or when it next begins."""
        with suppress(BlockingIOError):  # it has been woken very often, and not begun
            os.write(self._wake, b"\0")

    def close(self) -> None:
        """Give everything back."""
        for descriptor in (self._descriptor, self._waking, self._wake):
            os.close(descriptor)

    @staticmethod
    def _checked(result: int, path: str | None = None) -> int:
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), path)
        return result
