"""A request's body on its way upstream, while the answer comes."""

from __future__ import annotations

import asyncio
from math import inf

from devserve.config.values import Timeouts
from devserve.errors import RemoteProtocolError
from devserve.http1 import Data, EndOfMessage, Request, State
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.streams import StreamLostError, StreamTimeoutError
from devserve.io.tasks import spawn

REQUEST_TIMEOUT = 408  # RFC 9110, section 15.5.9


class Upload:
    """The body of one request. `wrong` is what is wrong with it: then no answer of the upstream counts."""

    __slots__ = ("_behind", "_downstream", "_task", "_timeouts", "wrong")

    def __init__(self, downstream: MessageStream, timeouts: Timeouts) -> None:
        self.wrong: RemoteProtocolError | None = None
        self._downstream = downstream
        self._timeouts = timeouts
        self._task: asyncio.Task[None] | None = None
        self._behind = False  # whether more has come than was queued

    def __repr__(self) -> str:
        return f"<Upload {'goes on' if self._task is not None and not self._task.done() else 'rests'}>"

    def begin(self, request: Request, upstream: MessageStream) -> None:
        """Queue the request with what has come of its body; the rest is relayed until `cancel`.

        Raises:
            RemoteProtocolError: what has come is no body; `wrong` says so too.
        """
        is_first = self._downstream.connection.their_state is State.SEND_BODY  # what is sent again has no body
        body = self._downstream.poll_whole() if is_first else b""
        if body is not None:
            upstream.queue_whole(request, body)
            return
        upstream.queue(request)
        if not self._queue(upstream):
            self._task = spawn(self._relay(upstream), "upload")

    def cancel(self) -> None:
        """Relay nothing more."""
        if self._task is not None:
            self._task.cancel()

    def _queue(self, upstream: MessageStream) -> bool:
        """Queue what has come until it should be flushed; tell whether that was the end of the body."""
        try:
            while not upstream.is_full and (event := self._downstream.poll()) is not None:
                if isinstance(event, EndOfMessage):
                    upstream.queue(event)
                    return True
                if isinstance(event, Data):
                    upstream.queue(event)
        except RemoteProtocolError as error:
            self.wrong = error
            upstream.stream.abort()  # half a body must never look whole
            raise
        self._behind = upstream.is_full
        return False

    async def _relay(self, upstream: MessageStream) -> None:
        stream, loop = self._downstream.stream, self._downstream.stream.loop
        try:
            while True:
                await upstream.flush()
                if not self._behind:
                    stream.deadline = loop.time() + self._timeouts.upload
                    await self._more()
                if upstream.stream.deadline < inf:  # an upload may last longer than an answer
                    upstream.stream.deadline = loop.time() + self._timeouts.answer
                if self._queue(upstream):
                    break
            await upstream.flush()
        except (StreamLostError, RemoteProtocolError):
            upstream.stream.abort()  # whoever waits for the answer sees it, and says why
        stream.deadline = inf  # not when cancelled: whoever did that has a deadline of its own

    async def _more(self) -> None:
        try:
            await self._downstream.more()
        except StreamTimeoutError as error:
            said = f"nothing of the request's body came within {self._timeouts.upload:g} seconds"
            self.wrong = RemoteProtocolError(said, REQUEST_TIMEOUT)
            raise self.wrong from error
