"""The messages between a devserve that joins and the one that serves the ports (DESIGN 4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devserve.errors import RemoteProtocolError
from devserve.hub.leases import Lease, as_message, from_message

PROTOCOL = 2  # changes when an older devserve would misunderstand


@dataclass(frozen=True, slots=True)
class Port:
    """A port whose listening sockets come with the message: how many, and what is known of them."""

    port: int
    sockets: int
    loopback_only: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """A lease is granted: these are the ports."""

    https: Port
    http: Port | None = None


def join(lease: Lease, version: str) -> dict[str, object]:
    """Return the message that asks for a lease."""
    return {"join": PROTOCOL, "version": version, "lease": as_message(lease)}


def lease_in(message: Mapping[str, object], version: str) -> Lease:
    """Return the lease that a message asks for.

    Raises:
        RemoteProtocolError: it asks for none, or in the protocol of another version.
    """
    match message:
        case {"join": int(protocol), "version": str(theirs)} if protocol != PROTOCOL:
            raise RemoteProtocolError(mismatch(protocol, theirs, version))
        case {"join": int(), "lease": lease}:
            return from_message(lease)
    raise RemoteProtocolError("the first message on the join socket does not ask for a lease")


def mismatch(protocol: int, theirs: str, ours: str) -> str:
    """Return which side to update, said to the one that joins with this protocol."""
    older = f"this devserve ({theirs})" if protocol < PROTOCOL else f"the one that serves the ports ({ours})"
    return (
        f"this devserve ({theirs}) and the one that serves the ports ({ours}) do not understand each other."
        f" Update {older}, then start it again."
    )


def welcome(ports: Welcome) -> dict[str, object]:
    """Return the message that grants a lease; the listening sockets go with it, those for HTTPS first."""
    return {"welcome": _port(ports.https), "http": _port(ports.http) if ports.http else None}


def welcome_in(message: Mapping[str, object]) -> Welcome:
    """Return what a message grants.

    Raises:
        RemoteProtocolError: it grants nothing; the sentence says why when it is a refusal.
    """
    match message:
        case {"welcome": https, "http": None}:
            return Welcome(_port_in(https))
        case {"welcome": https, "http": http}:
            return Welcome(_port_in(https), _port_in(http))
        case {"refused": str(reason)}:
            raise RemoteProtocolError(reason)
    raise RemoteProtocolError("the devserve that serves the ports gave no answer that this one understands; end it")


def _port(port: Port) -> list[object]:
    return [port.port, port.sockets, port.loopback_only]


def _port_in(found: object) -> Port:
    match found:
        case [int(port), int(sockets), bool(loopback_only)]:
            return Port(port, sockets, loopback_only)
    raise RemoteProtocolError("a welcome of the join socket has no port in it")
