"""Bytecode that Python would take for that of a source which has changed since."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FOLDER = "__pycache__"
HEAD = 16  # octets (PEP 552): the magic number, flags, and of the source its time of change in seconds and its size
MASK = 0xFFFF_FFFF


def forget(changed: Iterable[Path]) -> None:
    """Remove the bytecode of those of the changed files that Python could not tell from what they were.

    It compares a file's size and the second in which it was changed: of two saves in one second it would run the first.
    """
    folders: defaultdict[Path, dict[str, Path]] = defaultdict(dict)
    for path in changed:
        if path.suffix == ".py":
            folders[path.parent / FOLDER][path.stem] = path
    for folder, sources in folders.items():
        with suppress(OSError):  # nothing was compiled
            for kept in folder.iterdir():  # STEM.cpython-311.pyc, STEM.cpython-311.opt-1.pyc
                source = sources.get(kept.name.partition(".")[0])
                if source is not None and kept.suffix == ".pyc":
                    _forget_one(kept, source)


def _forget_one(kept: Path, source: Path) -> None:
    with suppress(OSError):  # one of the two has gone, or is not ours to remove
        now = source.stat()
        with kept.open("rb") as file:
            stamp = file.read(HEAD)[4:]
        if stamp == struct.pack("<3I", 0, int(now.st_mtime) & MASK, now.st_size & MASK):
            kept.unlink()
