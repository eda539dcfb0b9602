"""The first bytes of a connection, read to see which devserve it is for; the others of this user are passed theirs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Protocol

from devserve.hub.first_bytes import host_in, server_name_in
from devserve.io.hub.channel import Channel
from devserve.proxy.routes import host_of

PATIENCE = 10.0  # seconds until the first bytes have come
LOOK_AGAIN = 0.02  # seconds; the holder of a name is about to connect


class Holders(Protocol):
    """Who holds which name (io/hub/front.py)."""

    @property
    def are_none(self) -> bool:
        """Whether this devserve serves every name."""

    def channel_to(self, host: str) -> Channel | None:
        """Return the way to the devserve that serves a host; None: this one does."""

    def is_coming(self, host: str) -> bool:
        """Whether the devserve that serves a host is about to connect."""


class Reception(asyncio.Protocol):
    """Stands in front of a connection's own protocol until it is clear whose connection this is."""

    def __init__(
        self, scheme: str, holders: Holders, own: Callable[[], asyncio.Protocol], waiting: set[Reception]
    ) -> None:
        """Be among those `waiting` until it is clear."""
        self._waiting = waiting
        self._scheme = scheme
        self._holders = holders
        self._own = own
        self._seen = b""
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle

    def __repr__(self) -> str:
        return f"<Reception {self._scheme}, {len(self._seen)} bytes seen>"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first bytes, but not for long."""
        self._transport = transport  # type: ignore[assignment]  # asyncio hands over its base class
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._transport.abort)
        self._waiting.add(self)

    def let_go(self) -> None:
        """Close the connection: nobody will be there to give it to."""
        self._timer.cancel()
        self._waiting.discard(self)
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Look whose connection this is."""
        self._seen += data
        name = self._name()
        if name is not None:
            self._timer.cancel()
            self._give(name)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        self._timer.cancel()
        self._waiting.discard(self)

    def _name(self) -> str | None:
        if self._scheme == "https":
            return server_name_in(self._seen)
        host = host_in(self._seen)
        return None if host is None else host_of(host)

    def _give(self, name: str) -> None:
        if self._transport.is_closing():
            return
        if self._holders.is_coming(name):
            self._transport.pause_reading()
            self._timer = asyncio.get_running_loop().call_later(LOOK_AGAIN, self._give, name)
            return
        self._waiting.discard(self)
        channel = self._holders.channel_to(name)
        if channel is None:
            self._transport.resume_reading()
            go_on(self._transport, self._own(), self._seen)
        else:
            self._transport.pause_reading()
            socket = self._transport.get_extra_info("socket")
            channel.send({"connection": self._scheme}, self._seen, [os.dup(socket.fileno())])
            self._transport.abort()  # closes this process's descriptor only


class Passed(asyncio.Protocol):
    """Takes over a connection whose first bytes another devserve has read."""

    def __init__(self, own: Callable[[], asyncio.Protocol], seen: bytes) -> None:
        self._own = own
        self._seen = seen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand it to its own protocol before anything more is read."""
        go_on(transport, self._own(), self._seen)  # type: ignore[arg-type]  # asyncio hands over its base class


def go_on(transport: asyncio.Transport, protocol: asyncio.Protocol, seen: bytes) -> None:
    """Have a protocol take a connection over as if it had been there from the first byte."""
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    if seen and not transport.is_closing():
        protocol.data_received(seen)
