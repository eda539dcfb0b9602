"""The last exchanges, bounded in number and in the bytes that they keep."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Generic, Protocol, TypeVar

MOST_EXCHANGES = 500
MOST_BODIES = 4 * 1024 * 1024  # bytes, of all exchanges together
MOST_HEADS = 16 * 1024  # bytes of one exchange's heads; it is kept without them when they are longer


class Kept(Protocol):
    """An exchange, as far as the ring needs to know it."""

    @property
    def kept_bytes(self) -> int:
        """How many bytes of its bodies are kept."""

    @property
    def head_bytes(self) -> int:
        """How many bytes its heads have."""

    def forget_bodies(self) -> None:
        """Keep neither body any more."""

    def forget_heads(self) -> None:
        """Keep neither head any more."""


Exchange = TypeVar("Exchange", bound=Kept)


class Exchanges(Generic[Exchange]):
    """The last exchanges, each with a number that no other one gets."""

    __slots__ = ("_bodies", "_body_bytes", "_kept", "_most_bodies", "latest")

    def __init__(self, most: int = MOST_EXCHANGES, most_bodies: int = MOST_BODIES) -> None:
        self._kept: deque[Exchange] = deque(maxlen=most)
        self._bodies: deque[tuple[int, int]] = deque()  # the number of each with a body, and the body's bytes
        self._body_bytes = 0
        self._most_bodies = most_bodies
        self.latest = 0  # the number of the newest; 0: none has come

    def __repr__(self) -> str:
        return f"<Exchanges {len(self._kept)} up to {self.latest}, {self._body_bytes} bytes of bodies>"

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange; the oldest ones go, or lose their bodies, to make room for it."""
        self.latest += 1
        self._kept.append(exchange)
        if exchange.head_bytes > MOST_HEADS:
            exchange.forget_heads()
        if size := exchange.kept_bytes:
            self._bodies.append((self.latest, size))
            self._body_bytes += size
        while self._bodies and (self._body_bytes > self._most_bodies or self._bodies[0][0] < self._first):
            self._strip()

    def find(self, number: int) -> Exchange | None:
        """Return the exchange of this number, while it is kept."""
        place = number - self._first
        return self._kept[place] if 0 <= place < len(self._kept) else None

    def after(self, number: int, most: int) -> list[tuple[int, Exchange]]:
        """Return the exchanges that came after the one of this number: the newest ones, oldest first."""
        first = max(self._first, number + 1, self.latest - most + 1)
        return list(enumerate(islice(self._kept, max(0, first - self._first), None), first))

    def forget_bodies(self) -> None:
        """Keep no body any more of those that have come."""
        while self._bodies:
            self._strip()

    @property
    def _first(self) -> int:
        return self.latest - len(self._kept) + 1

    def _strip(self) -> None:
        number, size = self._bodies.popleft()
        self._body_bytes -= size
        if (exchange := self.find(number)) is not None:
            exchange.forget_bodies()
