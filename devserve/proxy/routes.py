"""Which route answers a host and a path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from devserve.config.origins import DEFAULT_PORTS
from devserve.config.values import Origin, Service
from devserve.http1.memo import Memo

AUTHORITIES: Final[Memo[tuple[str, int | None]]] = Memo(256)


@dataclass(frozen=True, slots=True)
class Remote:
    """A shared environment that a route leads to, as it calls itself. `path` is the part of it that answers here."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    @property
    def authority(self) -> str:
        """What it expects as Host."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Its origin, as a browser writes it (RFC 6454, section 6.2)."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True, eq=False)  # one route is one pool of connections
class Route:
    """A host and path prefix that lead to an origin. `service` is None for devserve's own pages."""

    host: str
    path: str
    origin: Origin
    service: Service | None = None
    sent_host: bytes = b""  # what the origin is sent as Host; empty: what the browser sent
    remote: Remote | None = None  # None: the origin is on this machine
    fallback: Route | None = None  # taken while the service does not run
    stands_in: bool = False  # this is the fallback of another route
    name: str = field(init=False)  # the service's label, or devserve for its own pages

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.service.label if self.service else "devserve")


def routes_of(service: Service, local: Origin) -> list[Route]:
    """Return the routes to a service, one for each host; `local` is where it listens if it names no upstream."""
    return [_route_of(service, host, service.upstream or local) for host in service.hosts]


def _route_of(service: Service, host: str, origin: Origin) -> Route:
    remote = remote_of(origin, service.upstream_host, service.path)
    sent_host = remote.authority if remote is not None else service.upstream_host
    return Route(
        host, service.path, origin, service, sent_host.encode("ascii"), remote, fallback=_fallback_of(service, host)
    )


def _fallback_of(service: Service, host: str) -> Route | None:
    """Return the route for while the service does not run. `upstream_host` is not what a fallback is called."""
    if service.fallback is None:
        return None
    remote = remote_of(service.fallback, path=service.path)
    sent_host = b"" if remote is None else remote.authority.encode("ascii")
    return Route(host, service.path, service.fallback, service, sent_host, remote, stands_in=True)


def remote_of(origin: Origin, sent_host: str = "", path: str = "/") -> Remote | None:
    """Return what an origin calls itself: by `sent_host`, if it is sent one. None if it is on this machine."""
    if not origin.is_remote:
        return None
    if not sent_host:
        host = f"[{origin.host}]" if ":" in origin.host else origin.host.lower()
        return Remote(origin.scheme, host, origin.port, path)
    return Remote(origin.scheme, host_of(sent_host), port_of(sent_host, origin.scheme), path)


def host_of(authority: str) -> str:
    """Return the host of a Host field's value: lower case, without port or trailing dot (RFC 9110, section 7.2)."""
    host = authority.lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def port_of(authority: str, scheme: str) -> int:
    """Return the port of a Host field's value, or the scheme's own."""
    return _port_or_own(_named_port(authority), scheme)


def _port_or_own(port: int | None, scheme: str) -> int:
    return DEFAULT_PORTS.get(scheme, 80) if port is None else port


def _named_port(authority: str) -> int | None:
    port = authority.rpartition("]")[2].rpartition(":")[2]
    return int(port) if port.isascii() and port.isdigit() and ":" in authority else None


def authority_of(value: bytes, scheme: str) -> tuple[str, int]:
    """Return host and port of a Host field's value, the scheme's own port if it names none."""
    said = AUTHORITIES.get(value)
    if said is None:
        authority = value.decode("ascii", "replace")
        said = AUTHORITIES.keep(value, (host_of(authority), _named_port(authority)))
    host, port = said
    return host, _port_or_own(port, scheme)


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
        self.to_remotes: tuple[Route, ...] = ()  # those that lead to a remote, fallbacks among them
        self.elsewhere: frozenset[str] = frozenset()  # the hosts that other devserves of this user answer at
        self.yielded: frozenset[str] = frozenset()  # those of them that only lead to a remote here
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
        ways = [way for way in (route, route.fallback) if way is not None and way.remote is not None]
        self.to_remotes = (*self.to_remotes, *ways)

    def remove(self, leaves: Callable[[Route], bool]) -> None:
        """Remove the routes that this is true of."""
        staying = [route for route in self if not leaves(route)]
        self.to_remotes = ()
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
        by_prefix = self._by_prefix.get(host)
        if by_prefix is None:
            return None
        for prefix, route in by_prefix:
            if prefix == b"/":
                return route
            if target.startswith(prefix) and under(path_of(target.decode("ascii", "replace")), route.path):
                return route
        return None

    def __iter__(self) -> Iterator[Route]:
        return iter([route for of_host in self._by_host.values() for route in of_host])
