"""This devserve among those of its user: one serves the ports, all others hold a lease from it (DESIGN 4.6).

Whoever has the lock serves; the kernel takes it away when a process ends, however it ends. Everybody holds copies of
the listening sockets, so while nobody serves them, connections wait in the kernel instead of being refused.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import random
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Protocol

from devserve.errors import DevserveError, ListenError, RemoteProtocolError, UsageError
from devserve.hub.joining import Port, Welcome, join, welcome_in
from devserve.hub.leases import Claim, Lease, as_message, leases_in
from devserve.io import state
from devserve.io.hub import peers
from devserve.io.hub.channel import Channel
from devserve.io.hub.front import Front
from devserve.io.proxy.binding import Bound, Ports
from devserve.io.proxy.listeners import Listeners
from devserve.io.tasks import spawn

PATIENCE = 3.0  # seconds for a devserve that starts or ends to have done so
ANSWER = 2.0  # seconds for a lease to be granted
PAUSES = (0.005, 0.03)  # seconds between two attempts, by chance so that two do not stay in step
GIVING_BACK = 0.5  # seconds for the one in front to say that a lease has ended
AFTER_REFUSAL = 1.0  # seconds
LOG = logging.getLogger("devserve")


def join_socket(folder: Path, port: int) -> Path:
    """Return where the devserve that serves a port is asked for a lease."""
    return folder / f"{port}.join"


class Neighbours(Protocol):
    """Who shows what became of the other devserves' names (gateway.py)."""

    listeners: Listeners

    def lease_ended(self, lease: Lease) -> None:
        """Say at its names that nobody serves them now."""

    def leases_held(self, leases: Sequence[Lease]) -> None:
        """Take note of what others serve."""


class Membership:
    """Made, then `enter`ed: that gives `ports`. `take_part` begins to serve them, or to serve what is passed."""

    def __init__(self, folder: Path, port: int, own: Lease, version: str) -> None:
        """`folder` is the one of the sockets; `port` is the HTTPS port that was asked for."""
        self.ports: Ports
        self._own = own
        self._version = version
        self._lock_file = folder / f"{port}.lock"
        self._join_socket = join_socket(folder, port)
        self._lock: IO[bytes] | None = None
        self._front: Front | None = None
        self._channel: Channel | None = None
        self._answer: asyncio.Future[tuple[Welcome, list[int]]] | None = None
        self._renewed: asyncio.Future[str] | None = None
        self._others: tuple[Lease, ...] = ()
        self._early: list[tuple[Mapping[str, object], bytes, list[int]]] = []
        self._front_pid = 0
        self._neighbours: Neighbours | None = None
        self._leaving = False
        self._left: asyncio.Event | None = None

    def __repr__(self) -> str:
        return f"<Membership {'serves the ports' if self.serves else f'holds a lease from {self._front_pid}'}>"

    @property
    def serves(self) -> bool:
        """Whether this devserve has the ports."""
        return self._lock is not None

    async def enter(self, bind: Callable[[], Ports]) -> None:
        """Bind the ports, or get a lease from the devserve that has them.

        Raises:
            ListenError: the ports belong to somebody else.
            UsageError: no lease is granted; the sentence says why.
            DevserveError: the folder of the sockets cannot be used, or the devserve in front does not answer.
        """
        state.make_folder(self._lock_file.parent)
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            if self._take_lock():
                try:
                    self.ports = bind()
                except ListenError:
                    # Perhaps the one in front has just ended, and those that hold its sockets are about to follow.
                    self._drop_lock()
                    if not self._join_socket.exists() or loop.time() > until:
                        raise
                else:
                    return
            elif ports := await self._join():
                self.ports = ports
                return
            if loop.time() > until:
                raise DevserveError(
                    f"the devserve that serves the ports does not answer; end it: kill {self._holder_of_lock()}"
                )
            await asyncio.sleep(random.uniform(*PAUSES))  # noqa: S311  # no secret

    async def take_part(self, neighbours: Neighbours) -> None:
        """Serve the ports, or what is passed on."""
        self._neighbours = neighbours
        early, self._early = self._early, []
        for each in early:
            self._hear(*each)
        if self.serves:
            await self._serve(neighbours, ())
        elif self._channel is None:  # it was lost in between
            spawn(self._follow(neighbours), "lease")

    async def renew(self, claims: tuple[Claim, ...]) -> str:
        """Change the names of this devserve; return why not, or ""."""
        own = replace(self._own, claims=claims)
        said = ""
        if self._front is not None:
            said = self._front.renew(own)
        elif self._channel is not None:
            said = await self._ask_for(own, self._channel)
        if not said:
            self._own = own
        return said

    async def leave(self) -> None:
        """Let another one serve the ports: call this before anything else ends."""
        self._leaving = True
        if self._front is not None and self._neighbours is not None:
            await self._neighbours.listeners.close()
            await self._neighbours.listeners.give_all()
            self._front.close()
            self._front = None
        elif self._take_lock():  # the one in front has ended as well, and nobody follows
            self._join_socket.unlink(missing_ok=True)
        if self._channel is not None:
            await self._give_back(self._channel)
        self._drop_lock()
        self.ports.close()

    async def _give_back(self, channel: Channel) -> None:
        """End the lease, and serve what was passed until it had ended."""
        self._left = asyncio.Event()
        channel.send({"leaving": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVING_BACK):
                await self._left.wait()
        channel.close()

    # In front.

    async def _serve(self, neighbours: Neighbours, expected: Sequence[Lease]) -> None:
        ports = [self.ports.https, *([self.ports.http] if self.ports.http else [])]
        front = Front(self._own, ports, self._version, neighbours.lease_ended, neighbours.leases_held)
        try:
            front.listen(self._join_socket, expected)
        except DevserveError as error:
            LOG.warning("%s", error)
        self._front = neighbours.listeners.holders = front
        await neighbours.listeners.serve()

    def _take_lock(self) -> bool:
        try:
            file = os.fdopen(os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, state.PRIVATE_FILE), "rb+")
        except OSError as error:
            folder = self._lock_file.parent
            raise DevserveError(
                f"{self._lock_file}: cannot be opened: {error.strerror}. Run `sudo chown -R $(id -un) {folder}`."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        except OSError as error:
            file.close()
            raise DevserveError(
                f"{self._lock_file}: cannot be locked: {error.strerror}."
                f" Set {state.VARIABLE} to a folder on a disk of this machine."
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
        self._lock = file
        return True

    def _drop_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _holder_of_lock(self) -> str:
        with suppress(OSError):
            return self._lock_file.read_text(encoding="ascii", errors="replace").strip() or "its pid"
        return "its pid"

    # With a lease.

    async def _join(self) -> Ports | None:
        """Return the ports that a lease came with; None when nobody grants one now.

        Raises UsageError when it is refused.
        """
        connection = socket.socket(socket.AF_UNIX)
        try:
            with peers.address_of(self._join_socket) as address:
                connection.connect(address)
        except OSError:
            connection.close()
            return None
        if not peers.is_own(connection):
            connection.close()
            raise UsageError(f"{self._join_socket}: another user listens there; remove this file")
        self._answer = asyncio.get_running_loop().create_future()
        channel = Channel(connection, self._hear, lambda: self._lost(channel))
        channel.send(join(self._own, self._version))
        try:
            async with asyncio.timeout(ANSWER):
                granted, descriptors = await self._answer
        except (TimeoutError, ConnectionError):
            channel.close()
            return None
        except RemoteProtocolError as error:
            channel.close()
            raise UsageError(str(error)) from error
        except BaseException:
            channel.close()
            raise
        finally:
            self._answer = None
        self._channel = channel
        sockets = iter([socket.socket(fileno=descriptor) for descriptor in descriptors])
        return Ports(_bound(granted.https, sockets), _bound(granted.http, sockets) if granted.http else None)

    def _hear(self, message: Mapping[str, object], data: bytes, descriptors: list[int]) -> None:
        if self._answer is not None and not self._answer.done() and message.keys() & {"welcome", "refused"}:
            try:
                self._answer.set_result((welcome_in(message), descriptors))
            except RemoteProtocolError as error:
                self._answer.set_exception(error)
            return
        neighbours = self._neighbours
        if neighbours is None:  # what is passed this soon is served once there is somebody to serve it
            self._early.append((message, data, descriptors))
            return
        match message:
            case {"connection": ("https" | "http") as scheme}:
                for descriptor in descriptors:
                    connection = socket.socket(fileno=descriptor)
                    connection.setblocking(False)
                    spawn(neighbours.listeners.adopt(connection, str(scheme), data), "passed connection")
            case {"roster": list(), "front": int(pid)}:
                self._others = tuple(each for each in leases_in(message, "roster") if each.pid != self._own.pid)
                self._front_pid = pid
                neighbours.leases_held(self._others)
            case {"left": True} if self._left is not None:
                self._left.set()
            case {"claimed": str(reason)} if self._renewed is not None and not self._renewed.done():
                self._renewed.set_result(reason)

    async def _ask_for(self, own: Lease, channel: Channel) -> str:
        """Return why the one in front does not grant another lease, or ""."""
        self._renewed = asyncio.get_running_loop().create_future()
        channel.send({"claims": as_message(own)})
        try:
            async with asyncio.timeout(ANSWER):
                return await self._renewed
        except TimeoutError:
            return f"the devserve that serves the ports (pid {self._front_pid}) does not answer; save again, or end it"
        finally:
            self._renewed = None

    def _lost(self, channel: Channel) -> None:
        if self._renewed is not None and not self._renewed.done():
            self._renewed.set_result("the devserve that serves the ports has just ended; save again")
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())
        if self._left is not None:
            self._left.set()
        if channel is self._channel:
            self._channel = None
            if not self._leaving and self._neighbours is not None:
                spawn(self._follow(self._neighbours), "lease")

    async def _follow(self, neighbours: Neighbours) -> None:
        """Take the place of the one that was in front, or get a lease from the one that does."""
        said = ""
        while not self._leaving:
            if self._take_lock():
                await self._serve(neighbours, [each for each in self._others if each.pid != self._front_pid])
                for lease in (each for each in self._others if each.pid == self._front_pid):
                    neighbours.lease_ended(lease)
                LOG.info("this devserve serves port %d now", self.ports.https.port)
                return
            try:
                ports = await self._join()
            except UsageError as error:
                if str(error) != said:
                    said = str(error)
                    LOG.error("%s", said)
                await asyncio.sleep(AFTER_REFUSAL)
                continue
            if ports is not None:
                ports.close()  # copies of those that are here
                return
            await asyncio.sleep(random.uniform(*PAUSES))  # noqa: S311  # no secret


def _bound(port: Port, sockets: Iterator[socket.socket]) -> Bound:
    return Bound([next(sockets) for _ in range(port.sockets)], port.port, port.loopback_only)
