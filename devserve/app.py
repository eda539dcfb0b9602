"""The composition root: projects in, a running server out."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devserve import machine, setup
from devserve.ca.authority import Authority
from devserve.config.values import Project
from devserve.errors import DevserveError, ListenError
from devserve.fleet import Planned, refuse_own_ports
from devserve.gateway import Gateway, Ports
from devserve.hub.messages import Answer, ReloadOrder
from devserve.hub.reloading import reloads
from devserve.io import activation, privileges, survivors
from devserve.io.hub import Hub
from devserve.io.limits import allow_files
from devserve.io.listeners import Bound, bind_http, bind_https
from devserve.io.loop import new_loop
from devserve.io.tasks import spawn
from devserve.io.warden import Warden
from devserve.live.rules import reload_messages
from devserve.proxy import overview
from devserve.proxy.access import Access
from devserve.supervisor import Supervisor

LOG = logging.getLogger("devserve")
FAILED, INTERRUPTED = 1, 130
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


def run(projects: Sequence[Project], planned: Sequence[Planned], options: Options, ports: Ports, report: Report) -> int:
    """Serve the planned services of the projects until somebody ends it; return the exit status.

    Raises:
        DevserveError: something in the way of serving, with its fix.
    """
    refuse_own_ports(planned, ports.numbers)
    if options.records is not None:
        survivors.settle(options.records, options.ask)
    authority = setup.authority_for(projects)
    setup.refuse_unsigned(authority, projects)
    environment = setup.variables_for(authority, [each.service for each in planned], ports.https.port)
    machine.tell_lost_names([name for each in planned for name in each.service.names])
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(Devserve(planned, authority, environment, ports, report).run(options))


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
    ) -> None:
        self._planned = planned
        self._authority = authority
        self._ports = ports
        self._report = report
        self._environment = environment
        self._stopping = asyncio.Event()
        self._gateway: Gateway
        self._supervisor: Supervisor

    def __repr__(self) -> str:
        return f"<Devserve {len(self._planned)} services on port {self._ports.https.port}>"

    async def run(self, options: Options) -> int:
        """Serve until a signal comes; return the exit status."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._stop)
        self._report.names([planned.service.name for planned in self._planned])
        async with AsyncExitStack() as closing:
            await self._serve(closing, options)
            starting = spawn(self._supervisor.start(), "start")
            ending = spawn(self._stopping.wait(), "stop")
            await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not self._stopping.is_set():
                self._report.table(self.rows())
                if not self._supervisor.is_hopeful:
                    ending.cancel()
                    return FAILED
                if options.open:
                    webbrowser.open(self._gateway.url(overview.HOST, "/"))
                await ending
            starting.cancel()
        return INTERRUPTED

    def rows(self) -> list[overview.Row]:
        """Return every service as people see it."""
        return [
            overview.Row(
                planned.service.name,
                self._gateway.url(planned.service.host, planned.service.path),
                str(planned.service.upstream or planned.port),
                str(self._supervisor.running[planned.service.name].state)
                if planned.service.command
                else "started elsewhere",
            )
            for planned in self._planned
        ]

    def _stop(self) -> None:
        if self._stopping.is_set():
            LOG.warning("asked twice: the services are killed")
            self._supervisor.kill()
        self._stopping.set()

    async def _serve(self, closing: AsyncExitStack, options: Options) -> None:
        """Make everything and accept connections; `closing` undoes it."""
        warden = Warden(records=survivors.Records(options.records) if options.records else None)
        closing.push_async_callback(warden.close)
        self._gateway = Gateway(self._ports, self._authority, self.rows, options.access, closing)
        self._supervisor = Supervisor(self._gateway.live, warden, self._environment, self._report.line)
        closing.push_async_callback(self._supervisor.stop)
        for planned in self._planned:
            running = self._supervisor.add(planned)
            self._gateway.add(planned.service, planned.port, running, planned.hooks)
        await self._gateway.listen(closing)
        if options.control is not None:
            await self._take_orders(options.control, closing)

    async def _take_orders(self, folder: Path, closing: AsyncExitStack) -> None:
        roots = {planned.service.name: planned.service.root for planned in self._planned}

        def carry_out(order: ReloadOrder) -> Answer:
            tell = self._gateway.live.tell
            wanted = reloads(order, roots)
            return Answer({each.service: tell(each.service, reload_messages(each.files)) for each in wanted})

        try:
            hub = await Hub.listen(folder, self._ports.https.port, carry_out)
        except DevserveError as error:
            LOG.warning("%s", error)
        else:
            closing.callback(hub.close)
