"""What the devserves of this user run now, asked before anything is started."""

from __future__ import annotations

import socket
from pathlib import Path

from devserve.errors import RemoteProtocolError
from devserve.hub.frames import Frames, frame
from devserve.hub.joining import ASK_ROSTER
from devserve.hub.leases import Lease, leases_in
from devserve.io import peers
from devserve.io.membership import join_socket

SECONDS = 1.0
READ_SIZE = 64 * 1024  # bytes


def leases(folder: Path, port: int) -> tuple[Lease, ...]:
    """Return what is held at the join socket of a port; nothing when nobody answers there."""
    try:
        with socket.socket(socket.AF_UNIX) as connection, peers.address_of(join_socket(folder, port)) as address:
            connection.settimeout(SECONDS)
            connection.connect(address)
            return _asked(connection) if peers.is_own(connection) else ()
    except (OSError, RemoteProtocolError):
        return ()


def _asked(connection: socket.socket) -> tuple[Lease, ...]:
    connection.sendall(frame(ASK_ROSTER))
    frames = Frames()
    while data := connection.recv(READ_SIZE):
        for message, _ in frames.feed(data):
            return leases_in(message, "roster")
    return ()
