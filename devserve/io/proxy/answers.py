"""The end of an exchange on the client's side: an answer in a service's place, and what becomes of the connection."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from devserve.config.values import Timeouts
from devserve.errors import RemoteProtocolError
from devserve.http1 import END, Data, Request, State
from devserve.io.proxy.messages import MessageStream
from devserve.proxy import failures
from devserve.proxy.plugged import Answer, answered

USUAL = Timeouts()  # for what no service answers
LINGER_SECONDS = 2.0  # for a client to read our answer before its unread bytes reset the connection


async def answer(
    downstream: MessageStream, request: Request | None, given: failures.Failure | Answer, tags: bytes = b""
) -> bool:
    """Answer in a service's place; tell whether the connection is good for another exchange."""
    if isinstance(given, Answer):
        response, body = answered(given, request)
    else:
        response, body = failures.answer(given, request, tags)
    _take_rest(downstream)
    if downstream.connection.their_state is State.SEND_BODY:  # its body still comes, and is not waited for
        response.headers.add(b"Connection", b"close")
    downstream.queue(response)
    if body:
        downstream.queue(Data(body))
    downstream.queue(END)
    await downstream.flush(USUAL.download)
    return await finished(downstream)


async def finished(downstream: MessageStream) -> bool:
    """After a response: read away the end of the request, or linger and close when its body is still coming."""
    if downstream.entry is not None:
        downstream.entry.end()  # how long the client takes to close is no part of it
    _take_rest(downstream)
    if downstream.connection.is_done:
        return True
    downstream.stream.write_eof()
    downstream.stream.deadline = asyncio.get_running_loop().time() + LINGER_SECONDS
    while await downstream.stream.read():
        pass
    return False


def _take_rest(downstream: MessageStream) -> None:
    """Read away what has come of the request's body. A mistake in it is known to the connection, which will end."""
    with suppress(RemoteProtocolError):
        while downstream.connection.their_state is State.SEND_BODY and downstream.poll() is not None:
            pass
