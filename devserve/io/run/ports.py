"""TCP ports of this machine: free ones, and who holds one that is not."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections.abc import Collection
from dataclasses import dataclass

import psutil

from devserve.errors import ServiceError
from devserve.io.run import groups

# A listener at any of these takes a connection to this machine. Linux refuses to bind beside a listener that overlaps,
# macOS only beside one at the very same address, so all are tried.
ADDRESSES = (
    (socket.AF_INET, "127.0.0.1"),
    (socket.AF_INET, "0.0.0.0"),  # noqa: S104 - bound for a moment and never listened on
    (socket.AF_INET6, "::1"),
    (socket.AF_INET6, "::"),
)
BACKLOG = 1024  # connections that wait while a service restarts
UNACKED = struct.Struct("24xI")  # of struct tcp_info


@dataclass(frozen=True, slots=True)
class _Listener:
    pid: int
    program: str

    @property
    def words(self) -> str:
        return f"{self.program} (pid {self.pid})"


def free_port(taken: Collection[int] = ()) -> int:
    """Return a port that the kernel says is free and that is not among those already given away."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken and is_free(port):
            return port


def is_free(port: int) -> bool:
    """Return whether nobody listens on a port, at any address that reaches this machine from itself."""
    return all(_can_bind(family, address, port) for family, address in ADDRESSES)


def check_free(name: str, port: int) -> None:
    """Make sure that a service finds its port free.

    Raises ServiceError that names who holds it and the fix.
    """
    if is_free(port):
        return
    found = _listener(port)
    if found is None:
        who, end = "another process", f"Find it with `sudo lsof -nP -iTCP:{port} -sTCP:LISTEN` and end it"
    else:
        who, end = found.words, f"End it with `kill {found.pid}`"
    raise ServiceError(f"{name}: port {port} is taken by {who}. {end}, or set another port in [services.{name}].")


def listen(name: str, port: int) -> socket.socket:
    """Return a socket that listens on a service's port, for the service to take connections from.

    Raises ServiceError that names who holds the port, or why it may not be had, and the fix.
    """
    check_free(name, port)
    try:
        return socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    except OSError as error:
        raise ServiceError(
            f"{name}: port {port} cannot be listened on: {error.strerror}. Set another port in [services.{name}]."
        ) from error


def queued(listener: socket.socket) -> int:
    """Return how many connections wait to be taken from a listening socket; 0 where the system does not say."""
    if sys.platform != "linux":
        return 0
    # Of a socket that listens, tcpi_unacked is the length of its queue (tcp(7), TCP_INFO; linux/tcp.h).
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, UNACKED.size)
    return int(UNACKED.unpack(info)[0])


def holder(port: int) -> str | None:
    """Return the process that listens on a port, as "node (pid 123)"; None when there is none or it may not be seen."""
    found = _listener(port)
    return found.words if found else None


def listened_on(group: int) -> list[int]:
    """Return the ports on which the processes of a group listen."""
    ports: set[int] = set()
    for process in groups.members(group):
        try:
            connections = process.net_connections(kind="tcp")
        except psutil.Error:  # it ended meanwhile, or is another user's
            continue
        ports |= {found.laddr.port for found in connections if found.status == psutil.CONN_LISTEN and found.laddr}
    return sorted(ports)


def _can_bind(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            # Closed connections that wait (TIME_WAIT) do not hold a port for a listener, and must not seem to.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family is socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, port))
    except OSError as error:  # no IPv6, or a port below 1024: the service's own attempt will tell
        return error.errno != errno.EADDRINUSE
    return True


def _listener(port: int) -> _Listener | None:
    try:
        for found in psutil.net_connections(kind="tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid:
                return _Listener(found.pid, psutil.Process(found.pid).name())
    except psutil.Error:  # it ended meanwhile, or macOS, which shows these to root only
        return None
    return None
