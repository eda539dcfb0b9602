"""What answers: the ports, the certificates, the routes, devserve's own pages and the sockets of live reload."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from devserve.ca import leaf
from devserve.ca.authority import Authority
from devserve.config.values import INSIDE, Origin, Service
from devserve.errors import AuthorityError
from devserve.hub.leases import Lease
from devserve.io.dashboard.dashboard import Dashboard, Shown
from devserve.io.dashboard.recorder import Recorder
from devserve.io.live.livereload import LiveSockets
from devserve.io.live.script import Scripts
from devserve.io.live.site import livereload_handlers
from devserve.io.proxy.access import Entry
from devserve.io.proxy.applications import Applications
from devserve.io.proxy.binding import Ports
from devserve.io.proxy.builtin import Builtin
from devserve.io.proxy.listeners import Listeners
from devserve.io.proxy.site import Backend, Served, ServiceHooks, Site
from devserve.io.proxy.sni import Certificates
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.upstream import OWN, Upstreams
from devserve.proxy import authority_page, overview
from devserve.proxy.access import Access
from devserve.proxy.routes import Route, Routes, routes_of

DEFAULT_PORT = 443
A_PLUGIN = "a plugin"  # which one is only known for a request


class Standing(Backend, Protocol):
    """How a service stands, and who answers for it."""

    inside: str  # who does in devserve itself, in words; "": what listens where it is dialled


@dataclass(frozen=True, slots=True)
class Answering:
    """A service that is answered for: on which port it listens, how it stands, its hooks."""

    service: Service
    port: int
    backend: Standing
    hooks: ServiceHooks


class Gateway:
    """Everything between a browser and the services. Services are added; `listeners` accept connections."""

    def __init__(
        self,
        ports: Ports,
        authority: Authority,
        access: Callable[[Access], None] | None,
        closing: AsyncExitStack,
    ) -> None:
        """Make all but the listeners; `closing` undoes it."""
        self.ports = ports
        sweeper = Sweeper()
        closing.callback(sweeper.close)
        routes = Routes()
        self.live = LiveSockets(
            lambda host, path: _name(routes.match(host, path)), self._services_at, routes.knows, self._is_ready
        )
        closing.callback(self.live.close)
        self._scripts = Scripts()
        self._held_elsewhere: frozenset[str] = frozenset()  # the hosts at which others have more than a way to a remote
        root = authority.root
        public = authority_page.Certificate(root.pem, root.sha256, authority.suffixes)
        self._builtin = Builtin(livereload_handlers(self.live, self._scripts.of), public)
        closing.push_async_callback(self._builtin.close)
        self._applications = Applications()
        closing.push_async_callback(self._applications.close)
        upstreams = Upstreams(sweeper, self._builtin.connect, self._applications.connect)
        closing.callback(upstreams.close)
        mark = secrets.token_hex(8).encode()
        self.site = Site(routes, upstreams, mark, frozenset(authority.suffixes), ended=_logged(access))
        self.recorder = Recorder(self.site)
        self._certificates = Certificates(partial(leaf.mint, authority))
        closing.callback(self._certificates.close)
        self.listeners = Listeners(self.site, sweeper)
        self.listeners.take_https(ports.https, self._certificates)
        if ports.http is not None:
            self.listeners.take_http(ports.http)
        closing.push_async_callback(self.listeners.close)
        self._certificates.add([overview.HOST])
        for path in ("/", authority_page.PATH):
            self._own(overview.HOST, path)

    def __repr__(self) -> str:
        return f"<Gateway {len(self.site.served)} services on port {self.ports.https.port}>"

    def add(self, service: Service, port: int, backend: Standing, hooks: ServiceHooks) -> None:
        """Answer at a service's names from now on."""
        self.site.served[service.label] = Served(service, backend, hooks)
        self._scripts.add(service)
        for name in service.names:
            self.site.stopped.pop(name, None)
        origin = Origin(port=port) if service.has_place else Origin(host=service.label, port=INSIDE)
        backend.inside = "" if service.has_place else A_PLUGIN
        if not service.command and service.upstream is None and (application := hooks.application(service)) is not None:
            origin = self._applications.serve(service.label, application)
            backend.inside = application.title
        for route in routes_of(service, origin):
            self.site.routes.add(route)
        self._add_livereload(service)
        for name in service.names:
            self._certificates.add([name])
            self._own(name, authority_page.PATH)

    def show(self, shown: Shown) -> None:
        """Answer with the dashboard at its host."""
        self._builtin.add(overview.HOST, Dashboard(shown).rules)

    @property
    def leaves(self) -> list[leaf.Leaf]:
        """The certificates that clients are shown."""
        return self._certificates.leaves

    def remove(self, name: str) -> None:
        """Answer at a service's names no longer, unless another one has them too. Exchanges that run go on."""
        self.replace([name], [])

    def replace(self, leaving: Iterable[str], coming: Sequence[Answering]) -> None:
        """Answer for some services in place of others, at once: no name that both have is unknown for a moment.

        Raises:
            AuthorityError: a name is outside the CA's limits; nothing has changed then.
        """
        self._certify([name for each in coming for name in each.service.names])
        names = [host for name in leaving for host in self._withdraw(name)]
        staying = [each.service for each in self.site.served.values()]
        for service in (each for each in staying if each.livereload_host in names):
            self._scripts.add(service)
            self._add_livereload(service)
        for each in coming:
            self.add(each.service, each.port, each.backend, each.hooks)
        taken = {overview.HOST, *(host for each in self.site.served.values() for host in each.service.names)}
        gone = [host for host in names if host not in taken]
        self.site.routes.remove(lambda route: route.host in gone)
        self._certificates.remove(gone)
        self.site.routes.yielded = self._held_elsewhere & self._yielding

    def _certify(self, names: Sequence[str]) -> None:
        """Have a certificate for each name, or for none that is new."""
        new = [name for name in names if name not in self.site.routes.hosts]
        try:
            self._certificates.add(names)
        except AuthorityError:
            self._certificates.remove(new)
            raise

    def _withdraw(self, name: str) -> Sequence[str]:
        """Take out a service's routes and its livereload host's; return its names."""
        service = self.site.served.pop(name).service
        self._applications.leave(name)
        self._scripts.remove(service)
        if service.livereload.source == "off":
            self.site.routes.remove(lambda route: route.name == name)
        else:
            at = (service.livereload_host, "/")
            self.site.routes.remove(lambda route: route.name == name or (route.host, route.path) == at)
        return service.names

    def leases_held(self, leases: Iterable[Lease]) -> None:
        """Take note of what other devserves of this user serve: their pages may open sockets to our services."""
        claims = [claim for lease in leases for claim in lease.claims]
        self.site.routes.elsewhere = frozenset(claim.host for claim in claims)
        self.site.others = frozenset((claim.host, claim.path) for claim in claims if not claim.live)
        self._held_elsewhere = frozenset(claim.host for claim in claims if not claim.yields)
        self.site.routes.yielded = self._held_elsewhere & self._yielding
        back = self.site.stopped.keys() & self.site.routes.elsewhere
        self._certificates.remove(back)
        for host in back:
            del self.site.stopped[host]

    def lease_ended(self, lease: Lease) -> None:
        """Say at its names that nobody serves them now, and what does again."""
        for host in {claim.host for claim in lease.claims} - self.site.routes.hosts:
            with suppress(AuthorityError):  # our authority may be limited to other names
                self._certificates.add([host])
            self.site.stopped[host] = lease

    @property
    def _yielding(self) -> set[str]:
        """The hosts at which every service is a way to a remote."""
        served = [each.service for each in self.site.served.values()]
        kept = {host for service in served if not service.is_remote for host in service.names}
        return {host for service in served for host in service.names} - kept

    def url(self, host: str, path: str) -> str:
        """Return the address of a host's page."""
        port = "" if self.ports.https.port == DEFAULT_PORT else f":{self.ports.https.port}"
        return f"https://{host}{port}{path}"

    def _add_livereload(self, service: Service) -> None:
        """Answer at its livereload host; of services that share one the first says who answers."""
        if service.livereload.source != "off" and self.site.routes.match(service.livereload_host, "/") is None:
            self.site.routes.add(_livereload_route(service))

    def _own(self, host: str, path: str) -> None:
        """Answer with devserve's own pages there."""
        found = self.site.routes.match(host, path)
        if found is None or found.path != path:
            self.site.routes.add(Route(host, path, OWN))

    def _services_at(self, livereload_host: str) -> list[str]:
        served = self.site.served.values()
        return [each.service.label for each in served if each.service.livereload_host == livereload_host]

    def _is_ready(self, name: str) -> bool:
        served = self.site.served.get(name)
        return served is None or served.backend.ready


def _logged(access: Callable[[Access], None] | None) -> Callable[[Entry], None] | None:
    return None if access is None else lambda entry: access(entry.record())


def _name(route: Route | None) -> str | None:
    return route.service.label if route is not None and route.service is not None else None


def _livereload_route(service: Service) -> Route:
    source = service.livereload.source
    if isinstance(source, int):
        return Route(service.livereload_host, "/", Origin(port=source), service)
    return Route(service.livereload_host, "/", OWN)
