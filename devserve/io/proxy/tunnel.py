"""Two connections joined: bytes both ways, never parsed (RFC 9110, section 7.8)."""

from __future__ import annotations

import asyncio

from devserve.io.proxy.streams import Stream


async def join(one: Stream, other: Stream) -> None:
    """Pass bytes both ways until both directions have ended or either connection is lost.

    No coroutine runs per message: each stream writes into the other as bytes come, back-pressure included.
    """
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def end() -> None:
        if not ended.done():
            ended.set_result(None)

    for stream in (one, other):
        stream.on_lost = end
        stream.on_gone = lambda: end() if one.eof and other.eof else None
    one.pipe_to(other)
    other.pipe_to(one)
    if one.lost or other.lost or (one.eof and other.eof):
        end()
    try:
        await ended
    finally:
        for stream in (one, other):
            stream.on_lost = stream.on_gone = None
            stream.close()
