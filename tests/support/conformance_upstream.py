"""An upstream that plays what the test has put on its list, one answer per request."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from support.proxied import head_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"  # so that each case has its own


@dataclass(frozen=True)
class Play:
    """The pieces of one answer, and what the upstream does then."""

    pieces: Sequence[bytes]
    close: bool = False


@dataclass
class Player:
    """Answers each request with the next play; with none left, with `ok`."""

    plays: deque[Play] = field(default_factory=deque)
    connections: int = 0
    served: list[tuple[int, bytes]] = field(default_factory=list)  # connection and target of each request

    async def script(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while True:
                head = await head_of(reader)
                self.served.append((number, head.split(b" ")[1]))
                play = self.plays.popleft() if self.plays else Play([OK])
                for piece in play.pieces:
                    if writer.is_closing():  # the proxy has heard enough
                        return
                    writer.write(piece)
                    await asyncio.sleep(0)
                if play.close:
                    return
        except asyncio.IncompleteReadError:
            return
