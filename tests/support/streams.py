"""A stream and what is at its other end."""

import asyncio
import socket

from devserve.io.proxy.streams import Stream


async def joined() -> tuple[Stream, socket.socket]:
    """Return a stream and the plain socket at its other end."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, stream = await asyncio.get_running_loop().create_unix_connection(Stream, sock=ours)
    return stream, theirs
