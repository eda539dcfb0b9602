"""What every exchange needs to know: the routes, the services behind them, their hooks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from devserve.config.values import Service, Timeouts
from devserve.errors import StreamLostError
from devserve.http1 import Headers, Request, Response
from devserve.hub.leases import Lease
from devserve.io.proxy.access import Entry
from devserve.io.proxy.streams import Stream
from devserve.io.proxy.upstream import Upstreams
from devserve.proxy.hold import LONGEST_WAIT, Standing
from devserve.proxy.pages.policies import policy_note
from devserve.proxy.pages.tags import Tag
from devserve.proxy.plugged import Answer
from devserve.proxy.routes import Route, Routes
from devserve.run.application import Application

LOG = logging.getLogger("devserve")


class Backend(Protocol):
    """How a service stands, as an exchange sees it."""

    @property
    def ready(self) -> bool:
        """Whether it answers."""

    @property
    def coming(self) -> bool:
        """Whether it is expected to answer soon."""

    @property
    def starts(self) -> int:
        """How often it has been started."""

    @property
    def condition(self) -> str:
        """How it stands, in words for a page: starting, stopped …"""

    @property
    def explanation(self) -> str:
        """Why it does not answer and what mends it, in sentences; empty when there is nothing to explain."""

    @property
    def last_lines(self) -> Sequence[str]:
        """The last lines of its output."""

    async def wait_ready(self, seconds: float) -> bool:
        """Wait until it answers, at most this long; tell whether it does."""


class ServiceHooks(Protocol):
    """The hooks on an exchange's way (plugins.Hooks has them)."""

    on_requests: bool  # whether a plugin answers requests or edits their heads
    edits_responses: bool

    def application(self, service: Service) -> Application | None:
        """Return the application that answers for a service, if a plugin has one."""

    def request(self, request: Request, service: Service, *, ready: bool, coming: bool = False) -> Answer | None:
        """Return an answer in the service's place, if a plugin has one."""

    def request_headers(self, headers: Headers, request: Request, service: Service) -> None:
        """Edit the header fields of a request."""

    def response_headers(self, headers: Headers, response: Response, request: Request, service: Service) -> None:
        """Edit the header fields of a response."""

    def snippet(self, service: Service, request: Request, livereload_url: str) -> Sequence[Tag]:
        """Return the tags for a page's head."""


@dataclass(slots=True)
class Served:
    """A service that is served: how it stands, its hooks, and what waits for it."""

    service: Service
    backend: Backend
    hooks: ServiceHooks
    waiting: int = 0  # by their weight (proxy.hold)
    refused_host: str = ""  # the host that it refuses; said once
    fields_kept: tuple[bytes, ...] = ()  # that plugins tried to change; said once
    label: str = field(init=False)  # the service's
    _policy_said: bool = False

    def __post_init__(self) -> None:
        self.label = self.service.label

    def standing(self, route: Route) -> Standing:
        """Return how the service stands, as a request sees it that came by this route."""
        return Standing(self.backend.ready, self.backend.coming, self.waiting, route.fallback is not None)

    async def wait_ready(self, weight: int, client: Stream) -> None:
        """Wait until the service is ready, or long enough, and be counted meanwhile.

        Raises:
            StreamLostError: the client has gone; its place is for another one.
        """
        if client.lost or client.eof:
            raise StreamLostError("the client went away before it waited")
        self.waiting += weight
        try:
            async with asyncio.timeout(None) as patience:
                client.on_gone = lambda: patience.reschedule(0)
                await self.backend.wait_ready(LONGEST_WAIT)
        except TimeoutError:
            raise StreamLostError("the client went away while it waited") from None
        finally:
            client.on_gone = None
            self.waiting -= weight

    def is_restarted(self, starts: int) -> bool:
        """Tell whether another process answers, or soon will, than the one that ran after so many starts.

        A connection that the old process never took is often reset only when the new one is ready.
        """
        return not self.backend.ready or self.backend.starts != starts

    def has_hot_client(self, dev_server: str) -> None:
        """Note which development server's hot client its pages have; "" is no news."""
        if dev_server and not self.service.dev_server:
            self.service = replace(self.service, dev_server=dev_server)

    def say_policy(self, changes: Sequence[str]) -> None:
        """Log, once, what was added to the policies of the service's pages, in the words that production would need."""
        if changes and not self._policy_said:
            self._policy_said = True
            LOG.info("%s", policy_note(self.service.label, changes))


@dataclass(slots=True)
class Site:
    """Everything that is served."""

    routes: Routes
    upstreams: Upstreams
    loop_mark: bytes  # this devserve's value of the field that finds loops
    domains: frozenset[str] = frozenset({"localhost"})  # below these, a wrong host is shown the right ones
    served: dict[str, Served] = field(default_factory=dict)  # by label
    ended: Callable[[Entry], None] | None = None  # hears of each exchange that has ended
    keeps: int = 0  # bytes of either body, for who hears of the exchange
    under_way: set[Entry] = field(default_factory=set)  # the exchanges that somebody will hear of
    stopped: dict[str, Lease] = field(default_factory=dict)  # by host: what another devserve served, and has ended
    others: frozenset[tuple[str, str]] = frozenset()  # host and path of each service of this user's other devserves

    def serves(self, served: Served | None) -> bool:
        """Tell whether this is still what is served: a new configuration may have put another one in its place."""
        return served is None or self.served.get(served.label) is served

    def timeouts(self, host: str) -> Timeouts:
        """Return how long things may take on a new connection: as the service says that answers `/` of this host."""
        route = self.routes.match(host, "/")
        return route.service.timeouts if route is not None and route.service is not None else Timeouts()

    def urls(self, host: str, scheme: str, port: int) -> list[str]:
        """Return the URLs of this user's services for a page about `host`; none below a domain that is not ours."""
        if not any(host == domain or host.endswith(f".{domain}") for domain in self.domains):
            return []
        shown = "" if (scheme, port) in (("https", 443), ("http", 80)) else f":{port}"
        own = {(route.host, route.path) for route in self.routes if route.service is not None}
        return sorted(f"{scheme}://{name}{shown}{path}" for name, path in own | self.others)
