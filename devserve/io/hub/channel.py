"""A lease's connection: frames both ways, and with them open descriptors (SCM_RIGHTS, unix(7))."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from devserve.errors import RemoteProtocolError
from devserve.hub.frames import Frames, frame

READ_SIZE = 64 * 1024  # bytes
MOST_DESCRIPTORS = 64  # in one read; the kernel's own limit is 253
LARGEST_BACKLOG = 4 * 1024 * 1024  # bytes; who reads so little is stuck
CLOSED_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)  # macOS has none

Heard = Callable[[Mapping[str, object], bytes, list[int]], None]


class Channel:
    """One end. `heard` gets each message with its bytes and descriptors, which it owns; `lost` is called once."""

    def __init__(self, connection: socket.socket, heard: Heard, lost: Callable[[], None]) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._heard = heard
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._descriptors: deque[int] = deque()  # that came and belong to frames not whole yet
        self._waiting: deque[tuple[bytes, Sequence[int]]] = deque()
        self._size = 0  # bytes that wait
        self._closed = False
        self._loop.add_reader(connection, self._read)

    def __repr__(self) -> str:
        return f"<Channel {'closed' if self._closed else 'open'}, {self._size} bytes waiting>"

    def send(self, message: Mapping[str, object], data: bytes = b"", descriptors: Sequence[int] = ()) -> None:
        """Send a message; its descriptors are closed here once they are on their way."""
        if self._closed:
            _close_all(descriptors)
            return
        whole = frame({**message, "descriptors": len(descriptors)}, data)
        self._waiting.append((whole, descriptors))
        self._size += len(whole)
        self._write()
        if self._size > LARGEST_BACKLOG:
            self._lose()

    def close(self) -> None:
        """Close this end; what is said already arrives."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._connection)
        self._loop.remove_writer(self._connection)
        self._connection.close()
        for _, descriptors in self._waiting:
            _close_all(descriptors)
        self._waiting.clear()
        _close_all(self._descriptors)
        self._descriptors.clear()

    def _lose(self) -> None:
        if not self._closed:
            self.close()
            self._lost()

    def _read(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._connection, READ_SIZE, MOST_DESCRIPTORS, CLOSED_ON_EXEC)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self._descriptors.extend(descriptors)
        if not data:
            self._lose()
            return
        try:
            for message, body in self._frames.feed(data):
                self._heard(message, body, self._taken(message))
                if self._closed:
                    return
        except RemoteProtocolError:
            self._lose()

    def _taken(self, message: Mapping[str, object]) -> list[int]:
        count = message.get("descriptors", 0)
        if not isinstance(count, int) or not 0 <= count <= len(self._descriptors):
            raise RemoteProtocolError("a frame announces descriptors that did not come")
        return [self._descriptors.popleft() for _ in range(count)]

    def _write(self) -> None:
        while self._waiting:
            data, descriptors = self._waiting.popleft()
            try:
                sent = socket.send_fds(self._connection, [data], descriptors)
            except BlockingIOError:
                self._waiting.appendleft((data, descriptors))
                self._loop.add_writer(self._connection, self._write)
                return
            except OSError:
                self._waiting.appendleft((data, descriptors))
                self._loop.call_soon(self._lose)  # the caller is in the midst of something
                return
            _close_all(descriptors)
            self._size -= sent
            if sent < len(data):
                self._waiting.appendleft((data[sent:], ()))
        self._loop.remove_writer(self._connection)


def _close_all(descriptors: Sequence[int] | deque[int]) -> None:
    for descriptor in descriptors:
        with suppress(OSError):
            os.close(descriptor)
