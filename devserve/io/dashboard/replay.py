"""Asks again what a client has asked: the same bytes, through the whole proxy, over a pair of sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

from devserve.dashboard.waterfall import why_not_again
from devserve.errors import UsageError
from devserve.http1 import Request
from devserve.io.proxy.downstream import serve
from devserve.io.proxy.site import Site
from devserve.io.proxy.streams import Stream
from devserve.io.tasks import spawn
from devserve.proxy.access import Access
from devserve.proxy.forward import Downstream

LONGEST = 30.0  # seconds; an event stream has no end
ADDRESS = "127.0.0.1"
# Framing is written anew: the body is here, whole.
NOT_SENT = frozenset({b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"expect", b"trailer"})
CHUNK = 64 * 1024


async def replay(exchange: Access, site: Site) -> int:
    """Ask again and return the status of the answer.

    Raises:
        UsageError: it cannot be asked for again, or there was no answer.
    """
    why_not = why_not_again(exchange)
    if why_not or exchange.request is None:
        raise UsageError(f"this cannot be sent again: {why_not}")
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    came_by = Downstream(ADDRESS, exchange.scheme)

    def connected(stream: Stream) -> None:
        spawn(serve(stream, site, came_by), "replay")

    await asyncio.get_running_loop().connect_accepted_socket(lambda: Stream(connected), theirs)
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    try:
        async with asyncio.timeout(LONGEST):
            writer.write(b"".join(_message(exchange.request, exchange.request_body or b"")))
            return await _status(reader)
    except TimeoutError as error:
        raise UsageError(f"it was sent again, and its answer has not ended within {LONGEST:g} seconds") from error
    finally:
        writer.close()


def _message(request: Request, body: bytes) -> Iterator[bytes]:
    yield b"%b %b HTTP/1.1\r\n" % (request.method, request.target)
    for name, value in request.headers:
        if name.lower() not in NOT_SENT:
            yield b"%b: %b\r\n" % (name, value)
    if body or request.method not in (b"GET", b"HEAD", b"OPTIONS"):
        yield b"Content-Length: %d\r\n" % len(body)
    yield b"Connection: close\r\n\r\n"
    yield body


async def _status(reader: asyncio.StreamReader) -> int:
    """Read an answer to its end and return its status."""
    line = await reader.readline()
    words = line.split(b" ", 2)
    while await reader.read(CHUNK):
        pass
    if len(words) < 2 or not words[1].isdigit():
        raise UsageError("it was sent again, and there was no answer")
    return int(words[1])
