import asyncio
import os
import socket

import pytest

from devserve.hub.frames import frame
from devserve.io.hub.channel import LARGEST_BACKLOG, Channel
from support.proxied import run


class End:
    """One end of a channel, and what it heard."""

    def __init__(self, connection: socket.socket) -> None:
        self.heard: asyncio.Queue[tuple[dict, bytes, list[int]]] = asyncio.Queue()
        self.lost = asyncio.Event()
        self.channel = Channel(connection, lambda *each: self.heard.put_nowait(each), self.lost.set)


def test_messages_bytes_and_descriptors_arrive_together():
    async def scene() -> None:
        ours, theirs = (End(each) for each in socket.socketpair())
        for number in range(50):
            read, write = os.pipe()
            os.write(write, b"%d" % number)
            os.close(write)
            ours.channel.send({"number": number}, b"x" * number * 1000, [read])
            ours.channel.send({"plain": number})
        for number in range(50):
            message, data, (descriptor,) = await theirs.heard.get()
            with os.fdopen(descriptor, "rb") as file:
                assert (message["number"], len(data), file.read()) == (number, number * 1000, b"%d" % number)
                assert not os.get_inheritable(descriptor)
            assert (await theirs.heard.get())[0]["plain"] == number
        ours.channel.close()
        await theirs.lost.wait()
        theirs.channel.close()

    run(scene())


def test_who_does_not_read_is_given_up():
    async def scene() -> None:
        ours, theirs = socket.socketpair()
        end = End(ours)
        with theirs:
            for _ in range(LARGEST_BACKLOG // 100_000 + 10):
                end.channel.send({}, b"x" * 100_000)
            await end.lost.wait()

    run(scene())


@pytest.mark.parametrize("said", [b"nonsense\n", frame({"descriptors": 1}), frame({"descriptors": "x"})])
def test_who_speaks_something_else_is_given_up(said):
    async def scene() -> None:
        ours, theirs = socket.socketpair()
        end = End(ours)
        with theirs:
            theirs.sendall(said)
            await end.lost.wait()
            assert theirs.recv(1) == b""
        assert end.heard.empty()

    run(scene())


def test_what_is_sent_after_the_end_closes_its_descriptors():
    async def scene() -> None:
        ours, theirs = socket.socketpair()
        end = End(ours)
        theirs.close()
        await end.lost.wait()
        read, write = os.pipe()
        end.channel.send({}, descriptors=[read])
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(read)
        os.close(write)

    run(scene())
