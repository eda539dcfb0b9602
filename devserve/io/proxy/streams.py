"""One connection as bytes: what has come, in order; what goes, with back-pressure; and a deadline."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from math import inf
from socket import SO_LINGER, SOL_SOCKET, gaierror
from struct import pack
from typing import Final, Protocol

from devserve.errors import StreamLostError, StreamTimeoutError

CLOSING: Final = 600.0  # seconds in which a peer has taken what was written before `close`
HIGH_WATER: Final = 256 * 1024  # bytes not yet read by us before the peer is asked to wait
RESET: Final = pack("ii", 1, 0)  # SO_LINGER on, for no time: close() sends RST


class Transport(Protocol):
    """What a Stream needs from below: a socket's transport, or TLS on top of one."""

    def write(self, data: bytes) -> None:
        """Send bytes, or keep them until they can be sent."""

    def write_eof(self) -> None:
        """Say that nothing more will be sent."""

    def pause_reading(self) -> None:
        """Stop calling data_received."""

    def resume_reading(self) -> None:
        """Call data_received again."""

    def close(self) -> None:
        """Close once everything has been sent."""

    def abort(self) -> None:
        """Close at once."""

    def get_extra_info(self, name: str) -> object:
        """Return what is known of the socket."""


def words(error: Exception) -> str:
    """Return what went wrong in the system's own words: asyncio's name a number, and the address again."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    said = error.strerror if isinstance(error, gaierror) else os.strerror(error.errno)
    return (said or str(error)).lower()


class Stream(asyncio.Protocol):
    """One end of a connection, read by one coroutine at a time.

    `on_gone` is called once the peer has sent its last byte or the connection is lost, so that whoever works for
    this peer can stop. `deadline` and `drain_deadline` (the loop's clock) are watched by a `Sweeper`: no timer per
    read.
    """

    __slots__ = (
        "_buffered", "_chunks", "_closed", "_drained", "_error", "_on_connected", "_passing", "_paused", "_reader",
        "_sink", "_source", "_transport", "address", "deadline", "drain_deadline", "eof", "heard", "loop", "lost",
        "on_gone", "on_lost", "passed", "reads_last", "server_name",
    )  # fmt: skip

    def __init__(self, on_connected: Callable[[Stream], None] | None = None) -> None:
        self._on_connected = on_connected
        self.loop = asyncio.get_running_loop()  # kept: Python 3.11 asks for the process's id each time (a system call)
        self.deadline = inf
        self.drain_deadline = inf
        self.eof = False
        self.heard = False  # whether a byte has come since this was last set to False
        self.lost = False
        self.passed = 0  # bytes that came and went to the other end of a tunnel
        self.reads_last = False  # whether what came right before a reset is wanted (RFC 9112, section 9.6)
        self.on_gone: Callable[[], None] | None = None
        self.on_lost: Callable[[], None] | None = None
        self.address = ""  # the peer's, on TCP
        self.server_name = ""  # what SNI asked for, on TLS
        self._transport: Transport | None = None
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._closed = False
        self._error: StreamLostError | None = None
        self._reader: asyncio.Future[None] | None = None
        self._passing: Callable[[], bool] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._sink: Stream | None = None  # where what comes goes, in a tunnel
        self._source: Stream | None = None  # where what goes comes from

    def __repr__(self) -> str:
        state = "lost" if self.lost else "closing" if self._closed else "ended" if self.eof else "open"
        return f"<Stream {state}, {self._buffered} bytes waiting>"

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport | Transport) -> None:
        """Keep the transport and the peer's address."""
        self._transport = transport  # type: ignore[assignment]  # asyncio hands over its base class
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        if self._on_connected is not None:
            self._on_connected(self)

    def data_received(self, data: bytes) -> None:
        """Keep what came for `read`, or pass it to the other end of a tunnel."""
        if self._sink is not None:
            self.passed += len(data)
            self._sink.write(data)
            return
        self.heard = True
        self._chunks.append(data)
        self._buffered += len(data)
        if self._buffered > HIGH_WATER and not self._paused:
            self._pause(True)
        if self._reader is not None and (self._passing is None or self._reader.done() or not self._passing()):
            self._wake_reader()

    def eof_received(self) -> bool:
        """Note the peer's last byte; our direction stays open."""
        self.eof = True
        self._wake_reader()
        if self._sink is not None:
            self._sink.write_eof()
        self._tell_gone()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Wake whoever waits; a broken connection raises in `read` and `drain`."""
        self.lost = True
        if self.reads_last and error is not None:
            self._read_last()
        if self._error is None and (error is not None or not self.eof):
            self._error = StreamLostError(words(error) if error else "the connection was closed")
        self.resume_writing()
        self._wake_reader()
        self._tell_gone()
        if self.on_lost is not None:
            self.on_lost()

    def pause_writing(self) -> None:
        """The peer reads slower than we write: `drain` waits, a tunnel's other end is not read."""
        self._drained = self._drained or self.loop.create_future()
        if self._source is not None:
            self._source._pause(True)

    def resume_writing(self) -> None:
        """The peer has caught up."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        if self._source is not None:
            self._source._pause(False)

    # What we call.

    @property
    def is_quiet(self) -> bool:
        """Whether the connection is open and nothing has come that was not read, not even its end."""
        return not (self.lost or self.eof or self._closed or self._chunks)

    def take(self) -> bytes | None:
        """Return the next bytes, b"" at the peer's clean end, or None: wait for `arrival` and ask again.

        Raises:
            StreamLostError: the connection broke, or (StreamTimeoutError) its deadline passed.
        """
        if not self._chunks:
            if self._error is not None:
                raise self._error
            return b"" if self.eof else None
        data = self._chunks.popleft()
        self._buffered -= len(data)
        if self._paused and self._buffered < HIGH_WATER // 2:
            self._pause(False)
        return data

    def arrival(self, passing: Callable[[], bool] | None = None) -> asyncio.Future[None]:
        """Return what is done once there is something to `take`. One waits at a time.

        `passing` takes what comes at once, without a turn of the loop, and tells whether it goes on so.
        """
        self._reader = self.loop.create_future()
        self._passing = passing
        return self._reader

    async def read(self) -> bytes:
        """Return the next bytes, or b"" at the peer's clean end. Raises StreamLostError as `take` does."""
        while (data := self.take()) is None:
            await self.arrival()
        return data

    def write(self, data: bytes) -> None:
        """Send bytes; on a lost connection they go nowhere, and the next `read` or `drain` says so."""
        if not self.lost and self._transport is not None and data:
            self._transport.write(data)

    @property
    def is_clear(self) -> bool:
        """Whether `drain` would return at once: the connection stands, and the peer takes what is written."""
        return self._drained is None and self._error is None

    async def drain(self, seconds: float = inf) -> None:
        """Wait until the peer has taken enough of what was written.

        Raises:
            StreamLostError: the connection broke, or (StreamTimeoutError) the peer took nothing for these seconds.
        """
        if self._drained is not None:
            self.drain_deadline = self.loop.time() + seconds
            try:
                await asyncio.shield(self._drained)
            finally:
                self.drain_deadline = inf
        if self._error is not None and not self._chunks:  # what the peer said before it went is read first
            raise self._error

    def write_eof(self) -> None:
        """Say that nothing more will be sent."""
        if not self.lost and not self._closed and self._transport is not None:
            with suppress(OSError):  # the peer has reset the connection; its loss is told in a moment
                self._transport.write_eof()

    def close(self) -> None:
        """Close once everything has been sent."""
        if not self._closed and self._transport is not None:
            self._closed = True
            self.deadline = self.loop.time() + CLOSING
            self._transport.close()

    def abort(self) -> None:
        """Close at once: the peer sees a reset, never a clean end."""
        if not self.lost and self._transport is not None:
            self._closed = True
            self._error = self._error or StreamLostError("the connection was given up")
            connection = self._transport.get_extra_info("socket")
            with suppress(OSError, AttributeError):  # a unix socket may know no lingering; without a socket it is over
                connection.setsockopt(SOL_SOCKET, SO_LINGER, RESET)  # type: ignore[attr-defined]
            self._transport.abort()

    def expire(self) -> None:
        """Tell whoever waits for the peer that its deadline passed.

        The connection is given up where nobody waits, or where the peer does not take what is written: a close would
        wait for that again.
        """
        self.deadline = self.drain_deadline = inf
        self._error = StreamTimeoutError("the peer took too long")
        if self._closed or self._drained is not None or self._reader is None:
            self.abort()
        self._wake_reader()
        self.resume_writing()

    def pipe_to(self, sink: Stream) -> None:
        """From now on pass every byte to `sink`, back-pressure included; never read again."""
        self.passed = self._buffered
        while self._chunks:
            sink.write(self._chunks.popleft())
        self._buffered = 0
        self._sink = sink
        sink._source = self
        self._pause(sink._drained is not None)
        if self.eof:
            sink.write_eof()

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        if self.lost or self._transport is None:
            return
        if paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _read_last(self) -> None:
        """Read what the kernel still holds: an early answer to an upload, whose sender did not wait for the rest."""
        connection = self._transport.get_extra_info("socket") if self._transport is not None else None
        with suppress(OSError, AttributeError):  # all is read, or nothing was kept; without a socket nothing is held
            while self._buffered < HIGH_WATER and (data := os.read(connection.fileno(), HIGH_WATER)):  # type: ignore[attr-defined]
                self._chunks.append(data)
                self._buffered += len(data)

    def _wake_reader(self) -> None:
        reader, self._reader, self._passing = self._reader, None, None
        if reader is not None:
            try:  # noqa: SIM105 - a context manager takes as long as it takes to ask whether it is done
                reader.set_result(None)
            except asyncio.InvalidStateError:  # whoever waited was cancelled
                pass

    def _tell_gone(self) -> None:
        gone, self.on_gone = self.on_gone, None
        if gone is not None:
            gone()
