"""Which route answers a host and a path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from devserve.config.values import Origin, Service


@dataclass(frozen=True, slots=True, eq=False)  # one route is one pool of connections
class Route:
    """A host and path prefix that lead to an origin. `service` is None for devserve's own pages."""

    host: str
    path: str
    origin: Origin
    service: Service | None = None
    sent_host: bytes = b""  # what the origin is sent as Host; empty: what the browser sent

    @property
    def name(self) -> str:
        """The service's name, or devserve for its own pages."""
        return self.service.name if self.service else "devserve"


def host_of(authority: str) -> str:
    """Return the host of a Host field's value: lower case, without port or trailing dot (RFC 9110, section 7.2)."""
    host = authority.lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def port_of(authority: str, scheme: str) -> int:
    """Return the port of a Host field's value, or the scheme's own."""
    port = authority.rpartition("]")[2].rpartition(":")[2]
    return int(port) if port.isascii() and port.isdigit() and ":" in authority else {"https": 443}.get(scheme, 80)


@lru_cache(maxsize=256)
def authority_of(value: bytes, scheme: str) -> tuple[str, int]:
    """Return host and port of a Host field's value, the scheme's own port if it names none."""
    authority = value.decode("ascii", "replace")
    return host_of(authority), port_of(authority, scheme)


def path_of(target: str) -> str:
    """Return the path of a request target in origin form."""
    return target.partition("?")[0] or "/"


def under(path: str, prefix: str) -> bool:
    """Tell whether a path lies under a prefix, whole segments only: /api covers /api and /api/x, never /apis."""
    return prefix == "/" or path == prefix or path.startswith(prefix + "/")


class Routes:
    """All routes, found by host and then by the longest path prefix."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._by_host: dict[str, list[Route]] = {}
        self._by_prefix: dict[str, list[tuple[bytes, Route]]] = {}
        self.elsewhere: frozenset[str] = frozenset()  # the hosts that other devserves of this user answer at
        for route in routes:
            self.add(route)

    def __repr__(self) -> str:
        return f"<Routes {', '.join(self._by_host)}>"

    def add(self, route: Route) -> None:
        """Add a route; among those of one host the longest path comes first."""
        of_host = self._by_host.setdefault(route.host, [])
        of_host.append(route)
        of_host.sort(key=lambda each: len(each.path), reverse=True)
        self._by_prefix[route.host] = [(each.path.encode(), each) for each in of_host]

    def remove(self, leaves: Callable[[Route], bool]) -> None:
        """Remove the routes that this is true of."""
        staying = [route for route in self if not leaves(route)]
        self._by_host.clear()
        self._by_prefix.clear()
        for route in staying:
            self.add(route)

    @property
    def hosts(self) -> frozenset[str]:
        """Every configured host."""
        return frozenset(self._by_host)

    def knows(self, host: str) -> bool:
        """Tell whether a host is a configured one: the allow-list of Origin (DESIGN 5.4)."""
        return host in self._by_host or host in self.elsewhere

    def match(self, host: str, path: str) -> Route | None:
        """Return the route for a host (as from `host_of`) and a path."""
        for route in self._by_host.get(host, ()):
            if under(path, route.path):
                return route
        return None

    def find(self, host: str, target: bytes) -> Route | None:
        """Return the route for a host (as from `host_of`) and a request target."""
        for prefix, route in self._by_prefix.get(host, ()):
            if prefix == b"/":
                return route
            if target.startswith(prefix) and under(path_of(target.decode("ascii", "replace")), route.path):
                return route
        return None

    def __iter__(self) -> Iterator[Route]:
        return iter([route for of_host in self._by_host.values() for route in of_host])
