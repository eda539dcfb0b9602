"""A client that sends what a case says, in any pieces, and reads the answers as strictly as h11 does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET

import h11

from devserve.io.proxy.streams import RESET
from support.proxied import Proxy

LONGEST_ANSWER = 256 * 1024
AFTER = b"GET /after HTTP/1.1\r\nHost: web.test\r\n\r\n"
REQUEST_AFTER = (b"GET", b"/after", b"")


@dataclass
class Answer:
    """A final response, and the interim ones before it."""

    status: int
    fields: list[tuple[bytes, bytes]]
    interim: list[int] = field(default_factory=list)
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    whole: bool = False

    def all(self, name: bytes) -> list[bytes]:
        """Return the values of a field."""
        return [value for each, value in self.fields if each.lower() == name]


def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off: the peer sees a reset."""
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, RESET)
    writer.transport.abort()


class Client:
    """One connection to the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.answers: list[Answer] = []
        self.broken = False  # reset, or ended in the middle of a response
        self.at_end = False
        self._left = b""

    @classmethod
    @asynccontextmanager
    async def to(cls, proxy: Proxy) -> AsyncIterator[Client]:
        """Connect, and close in the end."""
        client = cls(*await proxy.open())
        try:
            yield client
        finally:
            client.writer.close()
            with suppress(ConnectionError):
                await client.writer.wait_closed()

    async def send(self, pieces: Iterable[bytes], *, end: bool = False) -> None:
        """Send piece by piece, letting the proxy read each; a connection that is closed meanwhile is no error."""
        for piece in pieces:
            self.writer.write(piece)
            await asyncio.sleep(0)
        if end and not self.writer.is_closing():
            self.writer.write_eof()

    async def answered(self, methods: Sequence[bytes]) -> bool:
        """Read the answers to requests of these methods; tell whether the connection is still open then."""
        for method in methods:
            if not await self._read_answer(method):
                return False
        return True

    async def ended(self) -> bool:
        """Wait for the end; tell whether nothing came before it."""
        try:
            return not self._left and not await self.reader.read()
        except ConnectionError:
            self.broken = True
            return True

    async def _read_answer(self, method: bytes) -> bool:
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_ANSWER)
        connection.send(h11.Request(method=method, target=b"/", headers=[(b"Host", b"a")]))
        connection.send(h11.EndOfMessage())
        if self._left:
            connection.receive_data(self._left)
        interim: list[int] = []
        answer: Answer | None = None
        while True:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError:
                if not self.at_end:
                    raise
                self.broken = answer is not None or bool(connection.trailing_data[0])
                return False
            if event is h11.NEED_DATA:
                connection.receive_data(await self._more())
            elif isinstance(event, h11.InformationalResponse):
                interim.append(event.status_code)
            elif isinstance(event, h11.Response):
                answer = Answer(event.status_code, list(event.headers.raw_items()), interim)
                self.answers.append(answer)
            elif isinstance(event, h11.Data):
                assert answer is not None
                answer.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                assert answer is not None
                answer.trailers, answer.whole = list(event.headers.raw_items()), True
                self._left = connection.trailing_data[0]
                return True
            else:
                return False

    async def _more(self) -> bytes:
        try:
            data = await self.reader.read(65536)
        except ConnectionError:
            data = b""
        self.at_end = not data
        return data
