"""Who is at the other end of a unix socket."""

from __future__ import annotations

import os
import socket
import struct
import sys

XUCRED = struct.Struct("=II")  # the version and the user id, the first fields of macOS's xucred (unix(4))
LOCAL, LOCAL_PEERCRED = 0, 1
UCRED = struct.Struct("=iII")  # process, user and group (unix(7))


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
