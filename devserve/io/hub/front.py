"""The devserve that serves the ports: it grants leases to this user's others, and passes them their connections."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from devserve.errors import DevserveError, RemoteProtocolError
from devserve.hub.joining import Port, Welcome, lease_in, welcome
from devserve.hub.leases import Lease, Leases, as_message, from_message, refusal
from devserve.io import state
from devserve.io.hub import peers
from devserve.io.hub.channel import Channel
from devserve.io.proxy.binding import Bound

COMING = 1.0  # seconds in which those that held a lease have connected again
FIRST_WORD = 5.0  # seconds in which a lease is asked for
PAUSE = 1.0  # seconds until it is tried again to accept
BACKLOG = 64
LOG = logging.getLogger("devserve")


class Front:
    """Grants leases on the join socket, for as long as this devserve serves the ports.

    `ended` is told of each lease that has, `held` of all that others hold, whenever that changes.
    """

    def __init__(
        self,
        own: Lease,
        ports: Sequence[Bound],
        version: str,
        ended: Callable[[Lease], None],
        held: Callable[[Sequence[Lease]], None],
    ) -> None:
        self._leases = Leases([own])
        self._own = own
        self._ports = ports
        self._version = version
        self._ended = ended
        self._held = held
        self._channels: dict[int, Channel] = {}
        self._unknown: set[Channel] = set()
        self._expected = Leases()
        self._socket: socket.socket | None = None
        self._path: Path | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Front of {self._leases!r}>"

    # Who holds which name.

    @property
    def are_none(self) -> bool:
        """Whether no other devserve holds a lease, or is about to."""
        return not self._channels and not self._expected

    def channel_to(self, host: str) -> Channel | None:
        """Return the way to the devserve that serves a host; None: this one does, or nobody."""
        holder = self._leases.holder(host)
        return self._channels.get(holder.pid) if holder is not None else None

    def is_coming(self, host: str) -> bool:
        """Whether the devserve that serves a host is about to connect."""
        return self._expected.holder(host) is not None and self._leases.holder(host) is None

    # Its life.

    def listen(self, path: Path, expected: Sequence[Lease] = ()) -> None:
        """Take those in that join. Connections to names of `expected` leases wait until their holders have done so.

        Raises:
            DevserveError: the socket cannot be made.
        """
        self._path = path
        self._socket = _bound(path)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket, self._accept)
        self._expected = Leases(expected)
        self._held(expected)
        if expected:
            self._timer = loop.call_later(COMING, self._give_up_waiting)

    def renew(self, own: Lease) -> str:
        """Change this devserve's own names; return why not, or ""."""
        said = self._refusal(own)
        if not said:
            self._own = own
            self._grant(own)
        return said

    def close(self) -> None:
        """Serve no more: the others see their lease's connection end, and one of them follows."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        if self._timer is not None:
            self._timer.cancel()
        if not self._channels and self._path is not None:
            self._path.unlink(missing_ok=True)
        for channel in (*self._channels.values(), *self._unknown):
            channel.close()
        self._channels.clear()
        self._unknown.clear()

    # Those that join.

    def _accept(self) -> None:
        assert self._socket is not None
        try:
            connection, _ = self._socket.accept()
        except BlockingIOError:  # it has gone again
            return
        except OSError as error:  # no descriptor is left: whoever waits would be told of again and again
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            loop.call_later(PAUSE, self._go_on_accepting)
            LOG.warning("a devserve cannot join now: %s; close something, it is tried again", error.strerror)
            return
        if not peers.is_own(connection):
            LOG.warning("user %d asked to join and was turned away", peers.user_of(connection))
            connection.close()
            return
        channel = Channel(
            connection,
            lambda message, data, descriptors: self._hear(channel, message),
            lambda: self._lost(channel),
        )
        self._expect_word(channel)

    def _expect_word(self, channel: Channel) -> None:
        """Keep a connection without a lease, but not for long."""
        self._unknown.add(channel)
        asyncio.get_running_loop().call_later(FIRST_WORD, self._let_go, channel)

    def _go_on_accepting(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _let_go(self, channel: Channel) -> None:
        """Close a connection that has no lease: it said nothing, was refused, or has given its lease back."""
        if channel in self._unknown:
            self._unknown.remove(channel)
            channel.close()

    def _hear(self, channel: Channel, message: object) -> None:
        pid = self._pid_of(channel)
        match message:
            case {"claims": lease} if pid is not None:
                wanted = from_message(lease)
                said = self._refusal(wanted) if wanted.pid == pid else "a lease of another process"
                channel.send({"claimed": said})
                if not said:
                    self._grant(wanted)
            case {"leaving": True} if pid is not None:  # whatever was passed to it before this answer arrives too
                channel.send({"left": True})
                self._lost(channel)
                self._expect_word(channel)
            case dict() if pid is None:
                self._join(channel, message)

    def _join(self, channel: Channel, message: dict[str, object]) -> None:
        try:
            lease = lease_in(message, self._version)
            said = self._refusal(lease)
        except RemoteProtocolError as error:
            said = str(error)
        if said:
            channel.send({"refused": said})
            return
        self._unknown.discard(channel)
        if earlier := self._channels.pop(lease.pid, None):
            earlier.close()
        self._channels[lease.pid] = channel
        ports = [Port(each.port, len(each.sockets), each.loopback_only) for each in self._ports]
        listening = [os.dup(each.fileno()) for port in self._ports for each in port.sockets]
        channel.send(welcome(Welcome(*ports)), descriptors=listening)
        self._expected.end(lease.pid)
        self._grant(lease)

    def _refusal(self, lease: Lease) -> str:
        found = self._leases.conflict(lease)
        return refusal(lease, *found) if found else ""

    def _grant(self, lease: Lease) -> None:
        self._leases.grant(lease)
        self._tell_all()

    def _lost(self, channel: Channel) -> None:
        self._unknown.discard(channel)
        pid = self._pid_of(channel)
        if pid is None:
            return
        del self._channels[pid]
        if lease := self._leases.end(pid):
            self._ended(lease)
        self._tell_all()

    def _tell_all(self) -> None:
        """Tell all who holds what: whoever follows this front knows whom to wait for."""
        self._held([lease for lease in self._leases if lease is not self._own])
        for channel in tuple(self._channels.values()):
            channel.send(self._roster)

    @property
    def _roster(self) -> dict[str, object]:
        return {"roster": [as_message(lease) for lease in self._leases], "front": self._own.pid}

    def _pid_of(self, channel: Channel) -> int | None:
        return next((pid for pid, each in self._channels.items() if each is channel), None)

    def _give_up_waiting(self) -> None:
        missing, self._expected = self._expected, Leases()
        for lease in missing:
            self._ended(lease)
        self._tell_all()


def _bound(path: Path) -> socket.socket:
    """Return the join socket, listening; one that an earlier front left gives way in one step."""
    listening = socket.socket(socket.AF_UNIX)
    listening.setblocking(False)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.unlink(missing_ok=True)
        with peers.address_of(unfinished) as address:
            listening.bind(address)
        unfinished.chmod(state.PRIVATE_FILE)
        listening.listen(BACKLOG)
        unfinished.replace(path)
    except OSError as error:
        listening.close()
        raise DevserveError(
            f"{path}: no other devserve can join this one: {error.strerror or error}."
            f" Set {state.VARIABLE} to a folder of yours."
        ) from error
    return listening
