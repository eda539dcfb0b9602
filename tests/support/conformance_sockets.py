"""WebSockets as bytes: handshakes, frames (RFC 6455, section 5.2), and ends of a tunnel without anything on top."""

from __future__ import annotations

import asyncio
import os
import resource
import struct
from pathlib import Path

from support.wire import head

FIELDS = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
SWITCH = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
TEXT, CLOSE, PING = 0x1, 0x8, 0x9


def handshake(*lines: str, host: str = "web.test") -> bytes:
    """Return a handshake with further field lines."""
    return head("GET /ws HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket", *FIELDS, *lines)


def switch(*lines: str) -> bytes:
    """Return the answer that agrees to it."""
    return head("HTTP/1.1 101 Switching Protocols", *SWITCH, *lines)


def frame(opcode: int, payload: bytes, *, mask: bytes = b"", reserved: int = 0) -> bytes:
    """Return a final frame."""
    masked = 0x80 if mask else 0
    size = (
        bytes([masked | len(payload)])
        if len(payload) < 126
        else bytes([masked | 126]) + struct.pack("!H", len(payload))
    )
    covered = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload)) if mask else payload
    return bytes([0x80 | reserved | opcode]) + size + mask + covered


def allow_descriptors(count: int) -> str:
    """Raise the soft limit of open files; return why it cannot be that high, or nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        return f"{count} descriptors are needed, the hard limit is {hard}"
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return ""


def resident() -> int:
    """Return how many bytes of memory this process occupies."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Switching(asyncio.Protocol):
    """The upstream's end of an idle tunnel: agrees, then echoes. Lighter than a pair of streams."""

    def __init__(self, ends: list[asyncio.Transport]) -> None:
        self._ends = ends
        self._agreed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ends.append(transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(data if self._agreed else switch())
        self._agreed = True


class Waiting(asyncio.Protocol):
    """The client's end: sends the handshake, counts the bytes that come."""

    def __init__(self) -> None:
        self.received = 0
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(handshake())

    def data_received(self, data: bytes) -> None:
        self.received += len(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = True
