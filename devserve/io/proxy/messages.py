"""A Stream read and written as HTTP/1.1 messages."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Final

from devserve.http1 import Connection, Data, Event, Request, Response, Role, Signal
from devserve.io.proxy.access import Entry
from devserve.io.proxy.streams import Stream

FLUSH_AT: Final = 64 * 1024  # bytes kept before they are written, so that a head and its first bytes leave together
# Pieces kept; each chunk is three: a body of tiny chunks must not keep the loop from everybody else
CRUMBS: Final = 768


class MessageStream:
    """One connection, on which messages are received event by event; what is queued leaves at `flush`."""

    __slots__ = ("_pieces", "_size", "connection", "entry", "stream")

    def __init__(self, stream: Stream, role: Role) -> None:
        self.stream = stream
        self.connection = Connection(role)
        self.entry: Entry | None = None  # of the access log, when there is one
        self._pieces: list[bytes] = []
        self._size = 0

    def __repr__(self) -> str:
        return f"<MessageStream {self.connection!r} {self.stream!r}>"

    def poll(self) -> Event | None:
        """Return the next event from what has come already, or None."""
        event = self.connection.next_event()
        if isinstance(event, Signal):
            return None
        if self.entry is not None:
            self.entry.received(event)
        return event

    def poll_whole(self) -> bytes | None:
        """Return the rest of the current message's body if it has come already, and end the message."""
        body = self.connection.next_whole()
        if body and self.entry is not None:
            self.entry.received(Data(body))
        return body

    async def more(self) -> None:
        """Wait for bytes, or for the end. Raises StreamLostError."""
        stream = self.stream
        while (data := stream.take()) is None:
            await stream.arrival()
        self.connection.receive_data(data)

    async def receive(self) -> Event:
        """Return the next event, waiting for it.

        Raises:
            StreamLostError: the connection broke.
            RemoteProtocolError: the peer sent what must not be understood, or ended in the middle of a message.
        """
        while (event := self.poll()) is None:
            await self.more()
        return event

    def queue(self, event: Event) -> None:
        """Write an event's bytes at the next `flush`."""
        if self.entry is not None:
            self.entry.sent(event)
        self._pieces += self.connection.send(event)
        if isinstance(event, Data):
            self._size += len(event.data)  # heads and chunk lines are small, and followed by a flush

    def queue_whole(self, head: Request | Response, body: bytes) -> None:
        """Write a whole message's bytes at the next `flush`."""
        if self.entry is not None:
            self.entry.sent(head)
            self.entry.sent(Data(body))
        self._pieces += self.connection.send_whole(head, body)

    @property
    def is_full(self) -> bool:
        """Whether so much is queued that it should be flushed."""
        return self._size >= FLUSH_AT or len(self._pieces) >= CRUMBS

    async def flush(self, seconds: float = inf) -> None:
        """Write what is queued and wait until the peer has taken enough of it. Raises StreamLostError as `drain`."""
        if self.push_more():
            return
        if self.stream.is_clear:
            await asyncio.sleep(0)  # the others' turn
        else:
            await self.stream.drain(seconds)

    def push_more(self) -> bool:
        """Write what is queued without waiting; return whether more may follow at once: the peer takes it, in pieces
        that are worth it."""
        crumbled = len(self._pieces) >= CRUMBS
        self.push()
        return not crumbled and self.stream.is_clear

    def push(self) -> None:
        """Write what is queued without waiting."""
        if self._pieces:
            pieces, self._pieces, self._size = self._pieces, [], 0
            self.stream.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
