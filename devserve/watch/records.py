"""Records of inotify (inotify(7)): bytes of the kernel to values."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

CLOSE_WRITE = 0x8
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
DELETE = 0x200
DELETE_SELF = 0x400
MOVE_SELF = 0x800
UNMOUNT = 0x2000
OVERFLOW = 0x4000  # the kernel's queue was full: an unknown number of records is missing
IGNORED = 0x8000  # the kernel has dropped this descriptor
ONLY_FOLDERS = 0x0100_0000
DO_NOT_FOLLOW = 0x0200_0000
EXCLUDE_UNLINKED = 0x0400_0000
ADD_TO_MASK = 0x2000_0000  # else what else is wanted of the same folder is forgotten
IS_FOLDER = 0x4000_0000

# A file is told when it has been written and closed, so a half-saved one never is. Reading is no change.
WANTED = CLOSE_WRITE | CREATE | DELETE | MOVED_FROM | MOVED_TO | DELETE_SELF | MOVE_SELF
LEAVING = DELETE | MOVED_FROM | DELETE_SELF | MOVE_SELF | UNMOUNT
WAY = CREATE | MOVED_TO | LEAVING  # what the folder around a root is watched for
FLAGS = ONLY_FOLDERS | DO_NOT_FOLLOW | EXCLUDE_UNLINKED
HEAD = struct.Struct("iIII")


@dataclass(frozen=True, slots=True)
class Record:
    """What happened in the folder of a descriptor, or to it where there is no name."""

    descriptor: int
    mask: int
    name: str = ""


def records(data: bytes) -> Iterator[Record]:
    """Yield the records of one read; the kernel never cuts one in two."""
    place = 0
    while place < len(data):
        descriptor, mask, _, length = HEAD.unpack_from(data, place)
        place += HEAD.size
        yield Record(descriptor, mask, os.fsdecode(data[place : place + length].rstrip(b"\0")))
        place += length
