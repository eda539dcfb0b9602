"""The composition root: projects in, a running server out."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Protocol

from devserve.app import machine, setup
from devserve.app.attended import Attended, LiveReport
from devserve.app.gateway import Gateway
from devserve.app.lookout import Lookout
from devserve.app.orders import Orders
from devserve.app.panorama import Panorama
from devserve.app.reconfiguration import Reconfiguration
from devserve.app.source import Source
from devserve.app.supervisor import Supervisor
from devserve.ca.authority import Authority
from devserve.config.allowance import allow_command
from devserve.config.values import Project, Service
from devserve.errors import DevserveError, ListenError
from devserve.fleet import Planned, refuse_own_ports, with_added
from devserve.hub.leases import Lease, claims_of
from devserve.io import privileges
from devserve.io.config.worktree import branch_of
from devserve.io.dashboard.neighbours import Neighbours
from devserve.io.hub.control import Hub
from devserve.io.hub.followers import Followers
from devserve.io.hub.membership import Membership
from devserve.io.interrupter import Interrupter
from devserve.io.loop import new_loop
from devserve.io.proxy import activation
from devserve.io.proxy.binding import Bound, Ports, bind_http, bind_https
from devserve.io.proxy.limits import allow_files
from devserve.io.run import survivors
from devserve.io.run.services import RunningService
from devserve.io.run.warden import Warden
from devserve.io.tasks import spawn
from devserve.plugins import Conduct
from devserve.proxy import overview
from devserve.proxy.access import Access
from devserve.run.beginning import beginning
from devserve.run.lifecycle import State

LOG = logging.getLogger("devserve")
DONE, FAILED, INTERRUPTED = 0, 1, 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Report(LiveReport, Protocol):
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
    open: bool = False  # show the dashboard in a browser
    access: Callable[[Access], None] | None = None  # hears of each exchange that ended
    control: Path | None = None  # the folder of the control socket; None: nobody else gives orders
    conduct: Conduct = field(default_factory=Conduct)  # how plugins are dealt with
    records: Path | None = None  # the folder where it is written down what runs; None: nowhere
    ask: Callable[[str], bool] | None = None  # asks a person; None: nobody is there


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


def early_ports(options: Options) -> Callable[[], Ports]:
    """Do what `open_ports` does now, and return what gives its result or raises its error later."""
    try:
        ports = open_ports(options)
    except ListenError as error:
        failure = error
        privileges.drop(os.environ)

        def fail() -> Ports:
            raise failure

        return fail
    return lambda: ports


def run(
    projects: Sequence[Project],
    planned: Sequence[Planned],
    options: Options,
    bind: Callable[[], Ports],
    report: Report,
    source: Source | None = None,
) -> int:
    """Serve the planned services until somebody ends it; return the exit status. `projects` are those that may run.

    `bind` gives the ports, should no other devserve of this user have them. `source` is where the services come from:
    what is saved there is carried out.

    Raises:
        DevserveError: something in the way of serving, with its fix.
    """
    if options.records is not None:
        survivors.settle(options.records, options.ask)
    authority = setup.authority_for(with_added(projects, planned))
    setup.refuse_unsigned(authority, projects, planned)
    planned = setup.answerable(authority, planned)
    setup.remind_of_trust(authority)
    machine.tell_lost_names([name for each in planned for name in each.service.names])

    async def enter_and_serve() -> int:
        membership = await _entered(source, planned, options, bind)
        ports = membership.ports if membership is not None else bind()
        refuse_own_ports(planned, ports.numbers)
        environment = setup.variables_for(authority, [each.service for each in planned], ports.https.port)
        return await Devserve(planned, authority, environment, ports, report, membership, source).run(options)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(enter_and_serve())


async def _entered(
    source: Source | None, planned: Sequence[Planned], options: Options, bind: Callable[[], Ports]
) -> Membership | None:
    """Return this devserve among those of its user; None when there can be no others."""
    if options.control is None or source is None:
        return None
    folder = source.folders[0]
    claims = claims_of(each.service for each in planned)
    own = Lease(os.getpid(), str(folder), source.command, claims, branch_of(folder))
    membership = Membership(options.control, options.https_port, own, metadata.version("devserve"))
    await membership.enter(bind)
    if not membership.serves:
        LOG.info("joined the devserve that serves port %d", membership.ports.https.port)
    return membership


def _bind_http(port: int, addresses: Sequence[str]) -> Bound | None:
    try:
        return bind_http(port, addresses) if port else None
    except PermissionError:
        LOG.info("plain HTTP is off: port %d may not be bound by this user", port)
    except ListenError as error:
        LOG.info("plain HTTP is off: %s", error)
    return None


class Devserve:
    """Everything that runs and answers: made here, started, and closed in the opposite order."""

    def __init__(
        self,
        planned: Sequence[Planned],
        authority: Authority,
        environment: Mapping[str, str],
        ports: Ports,
        report: Report,
        membership: Membership | None = None,
        source: Source | None = None,
    ) -> None:
        self._planned = planned
        self._authority = authority
        self._ports = ports
        self._report = report
        self._membership = membership
        self._source = source
        self._environment = environment
        self._stopping = asyncio.Event()
        self._ended = INTERRUPTED  # the exit status, when somebody ends it
        self._gateway: Gateway
        self._supervisor: Supervisor
        self._person: Attended

    def __repr__(self) -> str:
        return f"<Devserve {len(self._planned)} services on port {self._ports.https.port}>"

    async def run(self, options: Options) -> int:
        """Serve until a signal or a key ends it; return the exit status."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        if threading.current_thread() is threading.main_thread():  # no other one may
            for number in SIGNALS:
                loop.add_signal_handler(number, self.stop)
        options.conduct.on_failure = self._stopping.set
        self._report.names([planned.service.label for planned in self._planned])
        async with AsyncExitStack() as closing:
            closing.enter_context(Interrupter(options.conduct))
            await self._serve(closing, options)
            starting = spawn(self._supervisor.start(), "start")
            ending = spawn(self._stopping.wait(), "stop")
            await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not self._stopping.is_set():
                if rows := self.rows():
                    self._report.table(rows)
                self._report.note(self._beginning(loop.time() - began))
                if rows and not self._supervisor.is_hopeful:
                    ending.cancel()
                    return FAILED
                if options.open:
                    spawn(self._person.open(), "open")
                await ending
            starting.cancel()
        return FAILED if options.conduct.has_failed else self._ended

    def rows(self) -> list[overview.Row]:
        """Return every service as people see it."""
        return [
            self._row(planned, self._supervisor.running[planned.service.label]) for planned in self._supervisor.planned
        ]

    def _row(self, planned: Planned, running: RunningService) -> overview.Row:
        service = planned.service
        url = self._gateway.url(service.host, service.path)
        place = str(running.shown_port or running.place)
        return overview.Row(service.label, url, place, running.standing, planned.hooks.status(service))

    def _beginning(self, seconds: float) -> str:
        services = self._supervisor.running
        urls = [row.url for row in self.rows()]
        held = [running.service for running in services.values() if running.state is State.HELD]
        missing = [
            name
            for name, each in services.items()
            if not each.ready and each.service.command and each.state is not State.HELD
        ]
        allow = allow_command(dict.fromkeys(service.root for service in held)) if held else ""
        return beginning(urls, missing, seconds, self._gateway.url(overview.HOST, "/"), len(held), allow)

    def _quit(self) -> None:
        """End as asked for by a key, which is no interruption."""
        self._ended = DONE
        self.stop()

    def stop(self) -> None:
        """End; asked twice, without the services' grace."""
        if self._stopping.is_set():
            LOG.warning("asked twice: the services are killed")
            self._supervisor.kill()
        self._stopping.set()

    async def _serve(self, closing: AsyncExitStack, options: Options) -> None:
        """Make everything and accept connections; `closing` undoes it."""
        warden = Warden(records=survivors.Records(options.records) if options.records else None)
        closing.push_async_callback(warden.close)
        self._gateway = Gateway(self._ports, self._authority, options.access, closing)
        followers = Followers(self._report.line)
        self._supervisor = Supervisor(self._gateway.live, warden, self._environment, followers.line)
        orders = Orders(self._gateway, self._supervisor, followers)
        neighbours = Neighbours(options.control)
        panorama = Panorama(self._gateway, self._supervisor, self._authority, orders, neighbours)
        self._gateway.show(panorama)
        self._person = Attended(
            self._supervisor, self._report, lambda: self._gateway.url(overview.HOST, "/"), self._quit
        )
        closing.enter_context(self._person.shown())
        closing.push_async_callback(self._supervisor.stop)
        for planned in self._planned:
            running = self._supervisor.add(planned)
            self._gateway.add(planned.service, planned.port, running, planned.hooks)
        if self._membership is None:
            await self._gateway.listeners.serve()
        else:
            closing.push_async_callback(self._membership.leave)
            await self._membership.take_part(self._gateway)
        if self._source is not None:
            closing.push_async_callback(self._reconfiguration(self._source).close)
        if options.control is not None:
            lookout = Lookout(panorama.sight, panorama.own_plugins, orders)
            await self._take_orders(options.control, lookout, closing)

    def _reconfiguration(self, source: Source) -> Reconfiguration:
        async def claim(services: Sequence[Service]) -> str:
            return await self._membership.renew(claims_of(services)) if self._membership is not None else ""

        names = self._report.names
        return Reconfiguration(source, self._authority, self._gateway, self._supervisor, names, claim)

    async def _take_orders(self, folder: Path, lookout: Lookout, closing: AsyncExitStack) -> None:
        try:
            hub = await Hub.listen(folder, os.getpid(), lookout.carry_out)
        except DevserveError as error:
            LOG.warning("%s", error)
        else:
            closing.push_async_callback(hub.close)
