"""Whether a saved file has changed at all: a touch, or a formatter that changes no byte, is no reason to restart."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

MOST = 1 << 18  # bytes of a file; larger ones have always changed
MOST_FILES = 20_000
AT_ONCE = 100  # files that are read between two looks whether it is still wanted
CLOCK = 100_000_000  # nanoseconds by which a file system's clock may be behind ours
GONE = b""


class Contents:
    """The digests of one service's files as they were when it last acted upon them.

    `learn` takes in those from before the first save, as far as they have not changed since: a time in nanoseconds.
    """

    def __init__(self, root: Path, since: int | None = None) -> None:
        """Count from now on, unless `since` is given."""
        self._root = root
        self._digests: dict[str, bytes] = {}
        self._since = time.time_ns() - CLOCK if since is None else since

    def __repr__(self) -> str:
        return f"<Contents {len(self._digests)} files>"

    def altered(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return those of the changed files, relative to the root, that are not as they were; they are from now on."""
        return tuple(path for path in paths if self._is_altered(path))

    def forget(self, paths: Iterable[str]) -> None:
        """Have the next save of these count, changed or not: what it led to has failed, or was not done."""
        for path in paths:
            self._digests.pop(path, None)

    async def learn(self, paths: Sequence[str]) -> None:
        """Take in files that nobody has saved yet, in a thread and a few at a time."""
        for first in range(0, min(len(paths), MOST_FILES), AT_ONCE):
            await asyncio.to_thread(self._learn_some, paths[first : first + AT_ONCE])

    def _is_altered(self, path: str) -> bool:
        now = digest_of(self._root / path)
        before = self._digests.get(path)
        if now is None:
            self._digests.pop(path, None)
            return True
        if len(self._digests) < MOST_FILES or before is not None:
            self._digests[path] = now
        return now != before

    def _learn_some(self, paths: Sequence[str]) -> None:
        for path in paths:
            found = digest_of(self._root / path, self._is_old)
            if found:
                self._digests.setdefault(path, found)  # a save that came meanwhile has told it already

    def _is_old(self, status: os.stat_result) -> bool:
        """Whether a file is as it was when we began; nobody can set the ctime."""
        return status.st_ctime_ns < self._since


def digest_of(file: Path, wanted: Callable[[os.stat_result], bool] | None = None) -> bytes | None:
    """Return the digest of a small file, `GONE` when there is none, None when it is large, unreadable or not wanted."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST + 1)
            status = os.fstat(opened.fileno())
    except FileNotFoundError:
        return GONE
    except OSError:
        return None
    if len(data) > MOST or (wanted is not None and not wanted(status)):
        return None
    return blake2b(data, digest_size=16).digest()
