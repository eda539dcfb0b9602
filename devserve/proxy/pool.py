"""Which idle upstream connection is used again, and which is closed: decisions without I/O."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final, Generic, Protocol, TypeVar

# Node closes an idle connection after 5 s, uvicorn too: stay below, so that we rarely reuse one that is being closed.
IDLE_SECONDS = 4.0
MOST_IDLE: Final = 64  # per route


class Idle(Protocol):
    """What the pool asks of a connection."""

    @property
    def usable(self) -> bool:
        """Whether nothing has come from the peer since the last exchange, not even its end."""


Connection = TypeVar("Connection", bound=Idle)


class IdlePool(Generic[Connection]):
    """Idle connections by route: services share none. The one used last goes first: the others may expire unneeded."""

    def __init__(self) -> None:
        self._idle: dict[Hashable, list[tuple[float, Connection]]] = {}

    def __repr__(self) -> str:
        return f"<IdlePool {sum(map(len, self._idle.values()))} idle>"

    def take(self, route: Hashable, now: float) -> Connection | None:
        """Return a connection that can be used now, or None: dial a new one. What cannot stays, to be `expired`."""
        idle = self._idle.get(route)
        if idle is None:
            return None
        for place in range(len(idle) - 1, -1, -1):
            since, connection = idle[place]
            if now - since >= IDLE_SECONDS:  # and so are those before it
                return None
            if connection.usable:
                idle.pop(place)
                return connection
        return None

    def put(self, route: Hashable, connection: Connection, now: float) -> bool:
        """Keep a connection whose exchange ended cleanly. False: close it instead."""
        if not connection.usable:
            return False
        idle = self._idle.get(route)
        if idle is None:
            idle = self._idle[route] = []
        if len(idle) >= MOST_IDLE:
            return False
        idle.append((now, connection))
        return True

    def expired(self, now: float) -> Iterator[Connection]:
        """Take out and yield the connections that are to be closed now."""
        for route, idle in list(self._idle.items()):
            keep = [(since, each) for since, each in idle if each.usable and now - since < IDLE_SECONDS]
            yield from (each for since, each in idle if not each.usable or now - since >= IDLE_SECONDS)
            if keep:
                self._idle[route] = keep
            else:
                del self._idle[route]

    def all(self) -> Iterator[Connection]:
        """Yield every idle connection, for closing."""
        return (connection for idle in self._idle.values() for _, connection in idle)
