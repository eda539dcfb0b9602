"""A response on its way back: whole where it has come whole, else as it comes, or as a page's rewriting makes it."""

from __future__ import annotations

from typing import Final

from devserve.errors import RemoteProtocolError, StreamLostError
from devserve.http1 import Data, EndOfMessage, Response
from devserve.io.proxy.messages import MessageStream
from devserve.proxy.pages.rewriting import Rewriting

PATIENCE: Final = 0.1  # seconds in which a small page of known length comes whole, or streams


async def relay(
    upstream: MessageStream, downstream: MessageStream, head: Response, rewriting: Rewriting | None, seconds: float
) -> None:
    """Relay a response, of which the upstream has sent the head, to its end. `seconds` is how long a client may rest.

    If it breaks off, so does ours: it must never look like a clean end. Raises StreamLostError, RemoteProtocolError.
    """
    try:
        if rewriting is not None:
            await _relay_page(upstream, downstream, rewriting, seconds)
        elif (body := upstream.poll_whole()) is not None:
            downstream.queue_whole(head, body)
        else:
            downstream.queue(head)
            await _relay_body(upstream, downstream, seconds)
        downstream.push()
        if not downstream.stream.is_clear:
            await downstream.stream.drain(seconds)
    except (StreamLostError, RemoteProtocolError):
        downstream.stream.abort()
        raise


async def _relay_body(upstream: MessageStream, downstream: MessageStream, seconds: float) -> None:
    while True:
        event = upstream.poll()
        if event is None:
            await downstream.flush(seconds)
            await upstream.more()
        elif isinstance(event, Data):
            downstream.queue(event)
            if downstream.is_full:
                await downstream.flush(seconds)
        elif isinstance(event, EndOfMessage):
            downstream.queue(event)
            return


async def _relay_page(upstream: MessageStream, downstream: MessageStream, rewriting: Rewriting, seconds: float) -> None:
    hurry = downstream.stream.loop.call_later(PATIENCE, _hurry, downstream, rewriting) if rewriting.waits else None
    try:
        event = None
        while not isinstance(event, EndOfMessage):
            event = upstream.poll()
            if event is None:
                await downstream.flush(seconds)
                await upstream.more()
            elif isinstance(event, Data | EndOfMessage):
                # One by one: what is small here may decode to much.
                for piece in rewriting.feed(event.data) if isinstance(event, Data) else rewriting.close(event):
                    downstream.queue(piece)
                    if downstream.is_full:
                        await downstream.flush(seconds)
    finally:
        if hurry is not None:
            hurry.cancel()


def _hurry(downstream: MessageStream, rewriting: Rewriting) -> None:
    """Send what has come of a page that was to be looked at whole, and does not come at once."""
    try:
        for piece in rewriting.hurry():
            downstream.queue(piece)
        downstream.push()
    except RemoteProtocolError:
        downstream.stream.abort()
