"""The composition root: projects in, a running server out."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from devserve import machine, setup
from devserve.ca import leaf
from devserve.ca.authority import Authority
from devserve.config.values import Origin, Project, Service, Then
from devserve.errors import DevserveError, ListenError
from devserve.fleet import Planned
from devserve.hub.messages import Answer, ReloadOrder
from devserve.hub.reloading import reloads
from devserve.io import activation, privileges
from devserve.io.announcer import Announcer
from devserve.io.builtin import Builtin
from devserve.io.chain import Chain, Effects
from devserve.io.envfile import read_env_file
from devserve.io.gitlock import GitLock
from devserve.io.hub import Hub
from devserve.io.limits import allow_files
from devserve.io.listeners import Bound, Listeners, bind_http, bind_https
from devserve.io.livereload import LiveSockets
from devserve.io.livereload_relay import Relay
from devserve.io.livereload_script import Scripts
from devserve.io.livereload_site import livereload_handlers
from devserve.io.loop import new_loop
from devserve.io.node import path_with_programs
from devserve.io.processes import TaskResult, run_task
from devserve.io.services import RunningService
from devserve.io.site import Served, Site
from devserve.io.sni import Certificates
from devserve.io.streams import Sweeper
from devserve.io.tasks import spawn
from devserve.io.upstream import OWN, Upstreams
from devserve.io.warden import Warden
from devserve.io.watcher import Watcher, read_ignored
from devserve.live.rules import reload_messages
from devserve.proxy import authority_page, overview
from devserve.proxy.access import Access
from devserve.proxy.routes import Route, Routes
from devserve.run.command import Command, command_for, task_for
from devserve.run.dev_servers import variables_for
from devserve.run.lifecycle import State
from devserve.run.order import start_order

LOG = logging.getLogger("devserve")
FAILED, INTERRUPTED = 1, 130
DEFAULT_PORT = 443
MOMENT = 0.5  # seconds; by then a service that is not ready in time has said so
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Report(Protocol):
    """Where a running devserve shows itself."""

    def names(self, names: Sequence[str]) -> None:
        """Take note of all services' names."""

    def line(self, service: str, text: str) -> None:
        """Show a line of a service's output."""

    def table(self, rows: Sequence[overview.Row]) -> None:
        """Show all services with their addresses and states."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks of `run`."""

    https_port: int = 443
    http_port: int = 80  # 0: off
    bind: Sequence[str] = ("127.0.0.1", "::1")
    open: bool = False  # show the overview in a browser
    access: Callable[[Access], None] | None = None  # hears of each exchange that ended
    control: Path | None = None  # the folder of the control socket; None: nobody else gives orders


@dataclass(frozen=True, slots=True)
class Ports:
    """The bound ports; nothing accepts connections yet."""

    https: Bound
    http: Bound | None


def open_ports(options: Options) -> Ports:
    """Bind the ports, then be root no more: call this before anything of a repository is read or run.

    Raises:
        ListenError: a port is taken, or may not be bound.
    """
    given = activation.inherited(os.environ)
    https = activation.bound_to(options.https_port, given, options.bind) or bind_https(options.https_port, options.bind)
    http = activation.bound_to(options.http_port, given, options.bind) or _bind_http(options.http_port, options.bind)
    for unused in (each for each in given if each not in (*https.sockets, *(http.sockets if http else ()))):
        LOG.warning("port %d was handed over, but nobody asked for it", unused.getsockname()[1])
        unused.close()
    if https.note:
        LOG.warning("%s", https.note)
    allow_files()
    privileges.drop(os.environ)
    return Ports(https, http)


def run(projects: Sequence[Project], planned: Sequence[Planned], options: Options, ports: Ports, report: Report) -> int:
    """Serve the planned services of the projects until somebody ends it; return the exit status.

    Raises:
        DevserveError: something in the way of serving, with its fix.
    """
    authority = setup.authority_for(projects)
    setup.refuse_unsigned(authority, projects)
    environment = setup.variables_for(authority, [each.service for each in planned], ports.https.port)
    machine.tell_lost_names([name for each in planned for name in each.service.names])
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(Devserve(planned, authority, environment, ports.https, ports.http, report).run(options))


def _bind_http(port: int, addresses: Sequence[str]) -> Bound | None:
    try:
        return bind_http(port, addresses) if port else None
    except PermissionError:
        LOG.info("plain HTTP is off: port %d may not be bound by this user", port)
    except ListenError as error:
        LOG.info("plain HTTP is off: %s", error)
    return None


class Devserve:
    """Everything that runs: made here, started, and closed in the opposite order."""

    def __init__(
        self,
        planned: Sequence[Planned],
        authority: Authority,
        environment: Mapping[str, str],
        https: Bound,
        http: Bound | None,
        report: Report,
    ) -> None:
        self._planned = planned
        self._authority = authority
        self._https = https
        self._http = http
        self._report = report
        self._environment = environment
        self._running: dict[str, RunningService] = {}
        self._stopping = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Devserve {len(self._running)} services on port {self._https.port}>"

    async def run(self, options: Options) -> int:
        """Serve until a signal comes; return the exit status."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._stop)
        self._report.names([planned.service.name for planned in self._planned])
        async with AsyncExitStack() as closing:
            await self._serve(closing, options)
            starting = spawn(self._start(), "start")
            ending = spawn(self._stopping.wait(), "stop")
            await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not self._stopping.is_set():
                self._report.table(self.rows())
                if not self._is_hopeful():
                    ending.cancel()
                    return FAILED
                if options.open:
                    webbrowser.open(self._url(overview.HOST, "/"))
                await ending
            starting.cancel()
        return INTERRUPTED

    def rows(self) -> list[overview.Row]:
        """Return every service as people see it."""
        return [
            overview.Row(
                planned.service.name,
                self._url(planned.service.host, planned.service.path),
                str(planned.service.upstream or planned.port),
                str(self._running[planned.service.name].state) if planned.service.command else "started elsewhere",
            )
            for planned in self._planned
        ]

    def _stop(self) -> None:
        if self._stopping.is_set():
            LOG.warning("asked twice: the services are killed")
            for running in self._running.values():
                running.kill()
        self._stopping.set()

    async def _serve(self, closing: AsyncExitStack, options: Options) -> None:
        """Make everything and accept connections; `closing` undoes it."""
        warden = Warden()
        closing.push_async_callback(warden.close)
        sweeper = Sweeper()
        closing.callback(sweeper.close)
        routes = Routes()
        live = LiveSockets(
            lambda host, path: _name(routes.match(host, path)),
            lambda host: [planned.service.name for planned in self._planned if planned.service.livereload_host == host],
            routes.knows,
            lambda name: name not in self._running or self._running[name].ready,
        )
        closing.callback(live.close)
        root = self._authority.root
        public = authority_page.Certificate(root.pem, root.sha256, self._authority.suffixes)
        scripts = Scripts(planned.service for planned in self._planned)
        builtin = Builtin(livereload_handlers(live, scripts.of), self.rows, public)
        closing.push_async_callback(builtin.close)
        upstreams = Upstreams(sweeper, builtin.connect)
        closing.callback(upstreams.close)
        domains = frozenset(self._authority.suffixes)
        site = Site(routes, upstreams, secrets.token_hex(8).encode(), domains, access=options.access)
        watcher = Watcher()
        closing.callback(watcher.stop)
        closing.push_async_callback(self._end_services)
        for planned in self._planned:
            self._add(planned, site, live, warden, watcher, closing)
        routes.add(Route(overview.HOST, "/", OWN))
        for host in routes.hosts:
            routes.add(Route(host, authority_page.PATH, OWN))
        await self._listen(site, sweeper, closing)
        if options.control is not None:
            await self._take_orders(options.control, live, closing)

    async def _take_orders(self, folder: Path, live: LiveSockets, closing: AsyncExitStack) -> None:
        roots = {planned.service.name: planned.service.root for planned in self._planned}

        def carry_out(order: ReloadOrder) -> Answer:
            wanted = reloads(order, roots)
            return Answer({each.service: live.tell(each.service, reload_messages(each.files)) for each in wanted})

        try:
            hub = await Hub.listen(folder, self._https.port, carry_out)
        except DevserveError as error:
            LOG.warning("%s", error)
        else:
            closing.callback(hub.close)

    async def _listen(self, site: Site, sweeper: Sweeper, closing: AsyncExitStack) -> None:
        certificates = Certificates(partial(leaf.mint, self._authority))
        closing.callback(certificates.close)
        certificates.add(site.routes.hosts)
        listeners = Listeners(site, sweeper)
        closing.push_async_callback(listeners.close)
        await listeners.serve_https(self._https, certificates)
        if self._http is not None:
            await listeners.serve_http(self._http)

    def _add(
        self,
        planned: Planned,
        site: Site,
        live: LiveSockets,
        warden: Warden,
        watcher: Watcher,
        closing: AsyncExitStack,
    ) -> None:
        """Make one service: its process, its routes, its chain from save to browser."""
        service, hooks = planned.service, planned.hooks
        command = partial(self._command, planned)
        announcer = Announcer(service, hooks, live)

        def on_line(_: str, text: str) -> None:
            self._report.line(service.name, text)
            announcer.line(text)

        def on_state(_: str, __: State) -> None:
            announcer.state(running)

        running = RunningService(service, planned.port, command, warden, on_line, on_state)
        self._running[service.name] = running
        site.served[service.name] = Served(service, running, hooks)
        origin = service.upstream or Origin(port=planned.port)
        for host in service.hosts:
            site.routes.add(Route(host, service.path, origin, service, service.upstream_host.encode("ascii")))
        if service.livereload.source != "off" and site.routes.match(service.livereload_host, "/") is None:
            site.routes.add(_livereload_route(service))

        async def task(argv: tuple[str, ...]) -> TaskResult:
            own = task_for(argv, command())
            return await run_task(service.name, own, warden, partial(on_line, service.name))

        async def restart() -> bool:
            with announcer.restarting():
                await running.restart()
                return await running.wait_ready(service.ready.timeout)

        held = GitLock(service.root).held
        effects = Effects(live.tell, task, restart, partial(hooks.changed, service), held, announcer.problem)
        chain = Chain(service, effects)
        closing.callback(spawn(chain.run(), f"{service.name}: chain").cancel)
        if service.livereload.relay is not None:
            relay = Relay(service, service.livereload.relay, live.tell)
            closing.callback(spawn(relay.run(), f"{service.name}: relay").cancel)
        wanted = [pattern for rule in service.watch for pattern in rule.paths]
        watcher.watch(service.root, read_ignored(service.root, wanted=wanted), chain.changed)

    def _command(self, planned: Planned) -> Command:
        service = planned.service
        env_file = read_env_file(service.env_file)
        color = "NO_COLOR" not in os.environ
        extra = {
            **self._environment,
            **variables_for(service),
            **path_with_programs(service.root / (service.cwd or ""), os.environ),
        }
        return command_for(service, planned.port, os.environ, extra, env_file, color=color)

    async def _start(self) -> None:
        """Start every service once those that it needs are ready; return when all have become ready or failed."""
        starts: dict[str, asyncio.Task[bool]] = {}
        for name, needs in start_order([planned.service for planned in self._planned]).items():
            needed = [starts[need] for need in needs]
            starts[name] = spawn(self._start_one(self._running[name], needed), f"{name}: start")
        await asyncio.gather(*starts.values())

    async def _start_one(self, running: RunningService, needed: Sequence[asyncio.Task[bool]]) -> bool:
        """Start a service once the starts of those that it needs have ended, well or not; tell whether it is ready."""
        if not all(await asyncio.gather(*needed)):
            LOG.warning("%s: started although not all that it needs is ready", running.service.name)
        running.start()
        return await running.wait_ready(running.service.ready.timeout + MOMENT)

    def _is_hopeful(self) -> bool:
        """Tell whether a service is ready, or may become so by itself or by a save."""
        return any(
            running.ready or running.coming or any(rule.then is Then.RESTART for rule in running.service.watch)
            for running in self._running.values()
        )

    async def _end_services(self) -> None:
        await asyncio.gather(*(running.stop() for running in self._running.values()))

    def _url(self, host: str, path: str) -> str:
        port = "" if self._https.port == DEFAULT_PORT else f":{self._https.port}"
        return f"https://{host}{port}{path}"


def _name(route: Route | None) -> str | None:
    return route.service.name if route is not None and route.service is not None else None


def _livereload_route(service: Service) -> Route:
    source = service.livereload.source
    if isinstance(source, int):
        return Route(service.livereload_host, "/", Origin(port=source), service)
    return Route(service.livereload_host, "/", OWN)
