"""Which pages hear of a change of which service."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from urllib.parse import urlsplit

Client = TypeVar("Client", bound=Hashable)

ServiceFor = Callable[[str, str], str | None]  # host and path of a page to the name of its service
ServicesAt = Callable[[str], Collection[str]]  # a livereload host to the services that it serves


@dataclass(frozen=True, slots=True)
class Page:
    """Where a client is: host and path. The query stays out, it may hold secrets."""

    host: str
    path: str


@dataclass(frozen=True, slots=True)
class Seat:
    """What is known of a client: the livereload host that it connected to, its page and its LiveReload plugins."""

    livereload_host: str
    page: Page | None = None
    plugins: tuple[str, ...] = ()


class Audience(Generic[Client]):
    """The clients that are connected, and where each of them is.

    A client belongs to the service of its page; while that is unknown, to all services of the livereload host that it
    connected to. Both are asked when a change is told, because routes come and go.
    """

    __slots__ = ("_seats", "_service_for", "_services_at")

    def __init__(self, service_for: ServiceFor, services_at: ServicesAt) -> None:
        self._service_for = service_for
        self._services_at = services_at
        self._seats: dict[Client, Seat] = {}

    def __repr__(self) -> str:
        return f"<Audience {len(self._seats)} clients>"

    def __len__(self) -> int:
        return len(self._seats)

    def join(self, client: Client, livereload_host: str) -> None:
        """Add a client."""
        self._seats[client] = Seat(livereload_host.lower())

    def locate(self, client: Client, url: str, plugins: tuple[str, ...] = ()) -> None:
        """Note the page that a client is on; a client that has left is not added again."""
        if seat := self._seats.get(client):
            self._seats[client] = replace(seat, page=page_of(url), plugins=plugins or seat.plugins)

    def leave(self, client: Client) -> None:
        """Remove a client, if it is there."""
        self._seats.pop(client, None)

    def hearing(self, service: str) -> tuple[Client, ...]:
        """Return the clients that hear of a change of a service, in the order in which they came."""
        return tuple(client for client in self._seats if service in self.heard_by(client))

    def heard_by(self, client: Client) -> Collection[str]:
        """Return the services that a client hears of; none when it has left."""
        seat = self._seats.get(client)
        if seat is None:
            return ()
        home = self._service_for(seat.page.host, seat.page.path) if seat.page else None
        return self._services_at(seat.livereload_host) if home is None else (home,)

    def has_plugin(self, client: Client, plugin: str) -> bool:
        """Tell whether a client has a LiveReload plugin."""
        seat = self._seats.get(client)
        return seat is not None and plugin in seat.plugins


def page_of(url: str) -> Page | None:
    """Return where a page's URL leads, or None for `about:srcdoc`, `blob:`, `file:` and what is no URL."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # a bracket without its pair
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    return Page(host, parts.path or "/")
