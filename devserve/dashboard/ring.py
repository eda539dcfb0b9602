"""The last exchanges, bounded in number and in the bytes of their bodies."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import islice

from devserve.proxy.access import Access

MOST_EXCHANGES = 500
MOST_BODIES = 4 * 1024 * 1024  # bytes, of all exchanges together
MOST_HEADS = 16 * 1024  # bytes of one exchange's heads; it is kept without them when they are longer


class Exchanges:
    """The last exchanges, each with a number that no other one gets."""

    __slots__ = ("_bodies", "_body_bytes", "_kept", "_most_bodies", "latest")

    def __init__(self, most: int = MOST_EXCHANGES, most_bodies: int = MOST_BODIES) -> None:
        self._kept: deque[Access] = deque(maxlen=most)
        self._bodies: deque[int] = deque()  # the numbers of those whose bodies are kept
        self._body_bytes = 0
        self._most_bodies = most_bodies
        self.latest = 0  # the number of the newest; 0: none has come

    def __repr__(self) -> str:
        return f"<Exchanges {len(self._kept)} up to {self.latest}, {self._body_bytes} bytes of bodies>"

    def add(self, exchange: Access) -> None:
        """Keep an exchange; the oldest ones go, or lose their bodies, to make room for it."""
        if len(self._kept) == self._kept.maxlen:
            self._let_go(self._kept[0])
        self.latest += 1
        self._kept.append(exchange if _head_bytes(exchange) <= MOST_HEADS else _without_heads(exchange))
        size = body_bytes(exchange)
        if size:
            self._bodies.append(self.latest)
            self._body_bytes += size
        while self._body_bytes > self._most_bodies:
            self._strip(self._bodies[0])

    def find(self, number: int) -> Access | None:
        """Return the exchange of this number, while it is kept."""
        place = number - self._first
        return self._kept[place] if 0 <= place < len(self._kept) else None

    def after(self, number: int, most: int) -> list[tuple[int, Access]]:
        """Return the exchanges that came after the one of this number: the newest ones, oldest first."""
        first = max(self._first, number + 1, self.latest - most + 1)
        return list(enumerate(islice(self._kept, first - self._first, None), first))

    def forget_bodies(self) -> None:
        """Keep no body any more of those that have come."""
        while self._bodies:
            self._strip(self._bodies[0])

    @property
    def _first(self) -> int:
        return self.latest - len(self._kept) + 1

    def _strip(self, number: int) -> None:
        exchange = self._kept[number - self._first]
        self._let_go(exchange)
        self._kept[number - self._first] = replace(exchange, request_body=None, response_body=None)

    def _let_go(self, exchange: Access) -> None:
        if size := body_bytes(exchange):
            self._bodies.popleft()
            self._body_bytes -= size


def body_bytes(exchange: Access) -> int:
    """Return how many bytes of an exchange's bodies are kept."""
    return len(exchange.request_body or b"") + len(exchange.response_body or b"")


def _head_bytes(exchange: Access) -> int:
    heads = [each.headers for each in (exchange.request, exchange.response) if each is not None]
    return len(exchange.target) + sum(len(name) + len(value) for head in heads for name, value in head)


def _without_heads(exchange: Access) -> Access:
    return replace(exchange, target=exchange.target[:MOST_HEADS], request=None, response=None)
