"""Listening sockets that the system bound and handed over: systemd's (sd_listen_fds(3)) and launchd's."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Collection, MutableMapping, Sequence
from ipaddress import ip_address

from devserve.ca.launchd import SOCKETS
from devserve.errors import ListenError
from devserve.io.proxy.binding import Bound

FIRST = 3  # after stdin, stdout and stderr
VARIABLES = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")
LIBRARY = "/usr/lib/libSystem.B.dylib"
NOT_FROM_LAUNCHD = (errno.ENOENT, errno.ESRCH)  # no such socket; not started by launchd


def inherited(environment: MutableMapping[str, str]) -> list[socket.socket]:
    """Return the sockets that the system handed over, and take its word out of the environment.

    Raises ListenError when a descriptor is none that listens.
    """
    given = _from_systemd(environment)
    if not given and sys.platform == "darwin":
        given = [each for name in SOCKETS for each in from_launchd(name)]
    return [_listening(descriptor) for descriptor in given]


def bound_to(port: int, given: Collection[socket.socket], addresses: Sequence[str]) -> Bound | None:
    """Return those sockets that are bound to a port, or None.

    Who binds to every address, though only loopback ones were asked for, gets connections from outside turned away.
    """
    sockets = [each for each in given if each.getsockname()[1] == port]
    if not sockets:
        return None
    wanted = all(ip_address(address).is_loopback for address in addresses)
    wide = any(not ip_address(each.getsockname()[0]).is_loopback for each in sockets)
    return Bound(sockets, port, loopback_only=wanted and wide)


def from_launchd(name: str, library: str = LIBRARY) -> list[int]:
    """Return the descriptors of a socket in our agent's file; none when launchd did not start us."""
    activate = ctypes.CDLL(library).launch_activate_socket
    descriptors, count = ctypes.POINTER(ctypes.c_int)(), ctypes.c_size_t()
    status = activate(name.encode(), ctypes.byref(descriptors), ctypes.byref(count))
    if status in NOT_FROM_LAUNCHD:
        return []
    if status != 0:
        raise ListenError(f"launchd does not hand over the socket {name}: {os.strerror(status)}; load its agent again")
    return [descriptors[place] for place in range(count.value)]


def _from_systemd(environment: MutableMapping[str, str]) -> list[int]:
    count, process = environment.get("LISTEN_FDS", ""), environment.get("LISTEN_PID", "")
    ours = process == str(os.getpid()) and count.isdecimal()
    if ours:
        for name in VARIABLES:  # our children were given nothing
            environment.pop(name, None)
    return list(range(FIRST, FIRST + int(count))) if ours else []


def _listening(descriptor: int) -> socket.socket:
    try:
        os.set_inheritable(descriptor, False)
        given = socket.socket(fileno=descriptor)
    except OSError as error:
        raise ListenError(f"descriptor {descriptor} was handed over, but is none: {error.strerror}") from error
    internet = given.family in (socket.AF_INET, socket.AF_INET6) and given.type == socket.SOCK_STREAM
    if not internet or not given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        given.close()
        raise ListenError(f"descriptor {descriptor} was handed over, but is no listening TCP socket; mend the unit")
    given.setblocking(False)
    return given
