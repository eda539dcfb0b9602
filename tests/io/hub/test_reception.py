import asyncio
import socket

import pytest

from devserve.io.hub import reception
from devserve.io.hub.channel import Channel
from devserve.io.hub.reception import Passed, Reception
from support.proxied import run

REQUEST = b"GET / HTTP/1.1\r\nHost: b.test\r\n\r\n"


class Kept(asyncio.Protocol):
    """A connection's own protocol: keeps what it is given."""

    def __init__(self) -> None:
        self.data = b""
        self.came = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.came.set()


class Holders:
    """Who holds which name, as the test wants it."""

    def __init__(self, channel: Channel | None = None, looks: int = 0) -> None:
        self.are_none = False
        self.channel = channel
        self.looks = looks  # how often the holder is still coming

    def channel_to(self, host: str) -> Channel | None:
        return self.channel if host == "b.test" else None

    def is_coming(self, host: str) -> bool:
        self.looks -= 1
        return self.looks >= 0


async def received(holders: Holders, *pieces: bytes) -> tuple[Kept, socket.socket]:
    """A connection whose first bytes come in pieces; return its own protocol and the client's end."""
    ours, theirs = socket.socketpair()
    kept = Kept()
    loop = asyncio.get_running_loop()
    await loop.connect_accepted_socket(lambda: Reception("http", holders, lambda: kept, set()), ours)
    theirs.setblocking(False)
    for piece in pieces:
        await loop.sock_sendall(theirs, piece)
    return kept, theirs


@pytest.mark.parametrize("looks", [0, 3])
def test_what_is_ours_goes_on_with_every_byte(looks):
    async def scene() -> None:
        kept, theirs = await received(Holders(looks=looks), b"GET / HTTP/1.1\r\nHo", b"st: a.test\r\n\r\n", b"more")
        with theirs:
            async with asyncio.timeout(10):
                while not kept.data.endswith(b"more"):
                    kept.came.clear()
                    await kept.came.wait()
        assert kept.data == b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\nmore"

    run(scene())


def test_what_is_another_ones_is_passed_with_its_bytes():
    async def scene() -> None:
        one, other = socket.socketpair()
        passed: asyncio.Queue[tuple[dict, bytes, list[int]]] = asyncio.Queue()
        ours = Channel(one, lambda *each: None, lambda: None)
        there = Channel(other, lambda *each: passed.put_nowait(each), lambda: None)
        kept, theirs = await received(Holders(ours), REQUEST)
        message, data, (descriptor,) = await passed.get()
        assert (message["connection"], data, kept.data) == ("http", REQUEST, b"")
        again = Kept()
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: Passed(lambda: again, data), socket.socket(fileno=descriptor))
        await again.came.wait()
        again.came.clear()
        await loop.sock_sendall(theirs, b"next")
        await again.came.wait()
        assert again.data == REQUEST + b"next"
        theirs.close()
        ours.close()
        there.close()

    run(scene())


def test_who_says_nothing_is_let_go(monkeypatch):
    async def scene() -> None:
        monkeypatch.setattr(reception, "PATIENCE", 0.01)
        _, theirs = await received(Holders())
        with theirs:
            assert await asyncio.get_running_loop().sock_recv(theirs, 1) == b""

    run(scene())


def test_one_that_waits_can_be_let_go():
    async def scene() -> None:
        waiting: set[Reception] = set()
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: Reception("http", Holders(), Kept, waiting), ours)
        theirs.setblocking(False)
        (reception,) = waiting
        reception.let_go()
        assert not waiting
        with theirs:
            assert await loop.sock_recv(theirs, 1) == b""

    run(scene())
