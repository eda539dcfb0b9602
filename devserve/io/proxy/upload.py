"""A request's body on its way upstream, while the answer comes."""

from __future__ import annotations

import asyncio
from functools import partial
from math import inf
from typing import Final

from devserve.config.values import Timeouts
from devserve.errors import RemoteProtocolError, StreamLostError, StreamTimeoutError
from devserve.http1 import Data, EndOfMessage, Request, State
from devserve.io.proxy.messages import MessageStream
from devserve.io.tasks import spawn

REQUEST_TIMEOUT: Final = 408  # RFC 9110, section 15.5.9
TURN: Final = 1024 * 1024  # bytes passed at once before the others' turn


class Upload:
    """The body of one request. `wrong` is what is wrong with it: then no answer of the upstream counts."""

    __slots__ = ("_behind", "_downstream", "_ended", "_passed", "_task", "_timeouts", "wrong")

    def __init__(self, downstream: MessageStream, timeouts: Timeouts) -> None:
        self.wrong: RemoteProtocolError | None = None
        self._downstream = downstream
        self._timeouts = timeouts
        self._task: asyncio.Task[None] | None = None
        self._behind = False  # whether more has come than was queued
        self._ended = False  # whether the end of the body was queued
        self._passed = 0  # bytes since the others' turn

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
        self._queue(upstream)
        if not self._ended:
            self._task = spawn(self._relay(upstream), "upload")

    def cancel(self) -> None:
        """Relay nothing more."""
        if self._task is not None:
            self._task.cancel()

    def _queue(self, upstream: MessageStream) -> None:
        """Queue what has come until it should be flushed."""
        try:
            while not upstream.is_full and (event := self._downstream.poll()) is not None:
                if isinstance(event, EndOfMessage):
                    upstream.queue(event)
                    self._ended, self._behind = True, False
                    return
                if isinstance(event, Data):
                    upstream.queue(event)
        except RemoteProtocolError as error:
            self.wrong = error
            upstream.stream.abort()  # half a body must never look whole
            raise
        self._behind = upstream.is_full

    async def _relay(self, upstream: MessageStream) -> None:
        stream = self._downstream.stream
        try:
            while True:
                stream.deadline = inf  # it is the upstream that is waited for, which may halt in a debugger
                await upstream.flush()
                if self._ended:
                    break
                self._defer(upstream)
                if self._behind:
                    self._queue(upstream)
                else:
                    await self._more(upstream)
        except (StreamLostError, RemoteProtocolError):
            upstream.stream.abort()  # whoever waits for the answer sees it, and says why
            stream.deadline = inf  # not when cancelled: whoever did that has a deadline of its own

    async def _more(self, upstream: MessageStream) -> None:
        """Queue what has come; or pass what comes, until that cannot go on at once."""
        stream = self._downstream.stream
        try:
            data = stream.take()
        except StreamTimeoutError as error:
            said = f"nothing of the request's body came within {self._timeouts.upload:g} seconds"
            self.wrong = RemoteProtocolError(said, REQUEST_TIMEOUT)
            raise self.wrong from error
        if data is not None:
            self._downstream.connection.receive_data(data)
            self._queue(upstream)
            return
        self._passed = 0
        await stream.arrival(partial(self._pass, upstream))
        if self.wrong is not None:
            raise self.wrong

    def _pass(self, upstream: MessageStream) -> bool:
        """Pass what has come, and tell whether what comes next can be passed so: a turn of the loop costs time."""
        data = self._downstream.stream.take()
        assert data is not None  # it has just come
        self._passed += len(data)
        self._downstream.connection.receive_data(data)
        try:
            self._queue(upstream)
            while (goes_on := upstream.push_more()) and self._behind:
                self._queue(upstream)
        except RemoteProtocolError:
            return False  # `wrong` is what
        self._defer(upstream)
        return goes_on and not self._ended and self._passed < TURN

    def _defer(self, upstream: MessageStream) -> None:
        """Give the client the time that it has for more, and the upstream its own: an upload may last longer."""
        now = self._downstream.stream.loop.time()
        self._downstream.stream.deadline = now + self._timeouts.upload
        if upstream.stream.deadline < inf:
            upstream.stream.deadline = now + self._timeouts.answer
