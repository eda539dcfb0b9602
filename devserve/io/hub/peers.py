"""Who is at the other end of a unix socket."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 103  # bytes of a socket's path that every system takes: sun_path has 104 on macOS, 108 on Linux
DESCRIPTORS = Path("/proc/self/fd")
XUCRED = struct.Struct("=II")  # the version and the user id, the first fields of macOS's xucred (unix(4))
LOCAL, LOCAL_PEERCRED = 0, 1
UCRED = struct.Struct("=iII")  # process, user and group (unix(7))


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """Yield what to bind or connect a unix socket to. On Linux the path may be as long as it likes."""
    if len(os.fsencode(path)) <= LONGEST or sys.platform != "linux" or not DESCRIPTORS.is_dir():
        yield os.fspath(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"{DESCRIPTORS}/{folder}/{path.name}"
    finally:
        os.close(folder)


def user_of(connection: socket.socket) -> int:
    """Return the user id of the process that connected, as the kernel noted it."""
    if sys.platform == "darwin":
        found = connection.getsockopt(LOCAL, LOCAL_PEERCRED, XUCRED.size)
        return int(XUCRED.unpack(found)[1])
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, UCRED.size)
    return int(UCRED.unpack(found)[1])


def is_own(connection: socket.socket) -> bool:
    """Tell whether the other end is this user's."""
    return user_of(connection) == os.getuid()
