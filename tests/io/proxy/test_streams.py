import asyncio
import errno
import socket
from contextlib import suppress
from math import inf

import pytest

from devserve.io.proxy.streams import HIGH_WATER, Stream, StreamLostError, StreamTimeoutError, Sweeper, words
from support.proxied import run, until
from support.running import on_both_loops


async def joined() -> tuple[Stream, socket.socket]:
    """Return a stream and the plain socket at its other end."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, stream = await asyncio.get_running_loop().create_unix_connection(Stream, sock=ours)
    return stream, theirs


async def receive_all(end: socket.socket) -> bytes:
    received = b""
    while data := await asyncio.get_running_loop().sock_recv(end, 1 << 20):
        received += data
    return received


def test_reads_what_came_and_then_the_end():
    async def conversation() -> None:
        stream, peer = await joined()
        peer.send(b"hello")
        assert await stream.read() == b"hello"
        peer.close()
        assert await stream.read() == b""
        assert stream.eof
        stream.close()

    run(conversation())


@on_both_loops
def test_what_came_right_before_a_reset_is_read(run):
    """A server answers 413 and closes while an upload still comes: a write fails before the answer is read."""

    async def conversation() -> None:
        server = socket.create_server(("127.0.0.1", 0))
        server.setblocking(False)
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(Stream, "127.0.0.1", server.getsockname()[1])
        stream.reads_last = True
        peer, _ = server.accept()
        stream.write(b"not read by the peer")
        await asyncio.sleep(0)
        while not peer.recv(1, socket.MSG_PEEK):
            pass
        peer.send(b"answer")
        peer.close()  # with bytes unread: a reset
        for _ in range(3):
            stream.write(b"more")
        got = b""
        with suppress(StreamLostError):
            while data := await stream.read():
                got += data
        assert got == b"answer"
        assert stream.is_clear is False
        stream.close()
        server.close()

    run(conversation())


def test_a_given_up_stream_raises():
    async def conversation() -> None:
        stream, peer = await joined()
        stream.abort()
        with pytest.raises(StreamLostError, match="given up"):
            await stream.read()
        peer.close()

    run(conversation())


def test_a_peer_that_sends_too_much_is_held_back():
    async def conversation() -> None:
        stream, peer = await joined()
        loop = asyncio.get_running_loop()
        sending = loop.create_task(loop.sock_sendall(peer, b"x" * 4 * HIGH_WATER))
        await until(lambda: "bytes waiting" in repr(stream) and stream._paused)
        assert not sending.done()
        received = 0
        while received < 4 * HIGH_WATER:
            received += len(await stream.read())
        await sending
        stream.close()
        peer.close()

    run(conversation())


def test_drain_waits_for_a_slow_reader():
    async def conversation() -> None:
        stream, peer = await joined()
        stream.write(b"x" * 4 * HIGH_WATER)
        draining = asyncio.get_running_loop().create_task(stream.drain())
        await asyncio.sleep(0)
        assert not draining.done()
        receiving = asyncio.get_running_loop().create_task(receive_all(peer))
        await draining
        stream.close()
        assert len(await receiving) == 4 * HIGH_WATER
        peer.close()

    run(conversation())


def test_tells_once_that_the_peer_is_gone():
    async def conversation() -> None:
        told: list[str] = []
        stream, peer = await joined()
        stream.on_gone = lambda: told.append("gone")
        peer.close()
        await until(lambda: stream.eof)
        stream.close()
        await until(lambda: stream.lost)
        assert told == ["gone"]

    run(conversation())


@pytest.mark.parametrize("waits", [True, False])
def test_a_deadline_wakes_who_waits_or_closes(waits, monkeypatch):
    async def conversation() -> None:
        monkeypatch.setattr(Sweeper, "PERIOD", 0.01)
        sweeper = Sweeper()
        stream, peer = await joined()
        stream.deadline = asyncio.get_running_loop().time()
        sweeper.add(stream)
        if waits:
            with pytest.raises(StreamTimeoutError):
                await stream.read()
            assert not stream.lost
        await until(lambda: stream.lost or waits)
        sweeper.close()
        peer.close()

    run(conversation())


def test_who_does_not_take_what_is_left_is_not_waited_for_without_end():
    async def conversation() -> None:
        stream, peer = await joined()
        stream.write(b"x" * 10_000_000)
        stream.close()
        assert stream.deadline < inf
        stream.expire()
        await until(lambda: stream.lost)
        peer.close()

    run(conversation())


def test_a_piped_stream_passes_bytes_and_their_end():
    async def conversation() -> None:
        one, left = await joined()
        other, right = await joined()
        left.send(b"early ")
        await until(lambda: not one.is_quiet)
        one.pipe_to(other)
        left.send(b"late")
        left.close()
        assert await receive_all(right) == b"early late"
        one.close()
        other.close()
        right.close()

    run(conversation())


def test_a_pipe_holds_the_sender_back():
    async def conversation() -> None:
        one, left = await joined()
        other, right = await joined()
        one.pipe_to(other)
        loop = asyncio.get_running_loop()
        sending = loop.create_task(loop.sock_sendall(left, b"x" * 40 * HIGH_WATER))
        await until(lambda: one._paused)
        assert not sending.done()
        receiving = loop.create_task(receive_all(right))
        await sending
        left.close()
        assert len(await receiving) == 40 * HIGH_WATER
        one.close()
        other.close()
        right.close()

    run(conversation())


def test_the_sweeper_forgets_lost_streams(monkeypatch):
    async def conversation() -> None:
        monkeypatch.setattr(Sweeper, "PERIOD", 0.01)
        sweeper = Sweeper()
        stream, peer = await joined()
        sweeper.add(stream)
        stream.close()
        await until(lambda: len(sweeper) == 0)
        sweeper.close()
        peer.close()

    run(conversation())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "connection reset by peer"),
        (OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)"), "connection refused"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "name or service not known"),
        (OSError("Multiple exceptions: one, other"), "Multiple exceptions: one, other"),
    ],
)
def test_errors_are_said_in_words_without_numbers(error, said):
    assert words(error) == said
