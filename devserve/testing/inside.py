"""A whole devserve in this process, in a thread of its own: real sockets, real processes, a client that trusts it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from time import perf_counter
from types import ModuleType, TracebackType

from devserve import fleet
from devserve.app import setup
from devserve.app.composition import Devserve, Options
from devserve.ca.authority import Authority
from devserve.io.config import projects
from devserve.io.loop import new_loop
from devserve.io.proxy.binding import Bound, Ports, bind
from devserve.io.run.ports import free_port
from devserve.plugins import Conduct
from devserve.proxy.overview import Row
from devserve.run.status import Status

SECONDS = 20.0  # for services to start, for an answer, for the end
HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Answered:
    """A response, read to its end."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body, as text."""
        return self.body.decode()


class Shown:
    """What a terminal would show."""

    is_live = False

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.rows: Sequence[Row] = ()
        self.tabled = threading.Event()

    def __repr__(self) -> str:
        return f"<Shown {len(self.lines)} lines>"

    def names(self, names: Sequence[str]) -> None:
        """Pass over the services' names."""

    def line(self, service: str, text: str) -> None:
        """Keep a line of a service's output behind its name."""
        self.lines.append(f"{service}: {text}")

    def note(self, text: str, style: str = "") -> None:
        """Keep a sentence."""
        self.lines.append(text)

    def table(self, rows: Sequence[Row]) -> None:
        """Keep the services: they have all become ready or failed."""
        self.rows = rows
        self.tabled.set()

    def status(self, status: Status | None) -> None:
        """Pass over the status line."""

    def redraw(self) -> None:
        """Pass over the status line."""

    def flush(self) -> None:
        """Wait for nothing: all is kept at once."""


class Inside:
    """The services of a folder's devserve.toml, served until the block ends."""

    def __init__(self, folder: Path, *given: ModuleType | Path) -> None:
        """Read the folder; `given` are more plugins, modules or paths of files.

        Raises:
            ConfigError: with what is wrong in the folder.
        """
        found = projects.read_all([folder])
        files = tuple(each for each in given if isinstance(each, Path))
        found = tuple(replace(project, plugins=(*project.plugins, *files)) for project in found)
        self._conduct = Conduct(perf_counter, is_strict=True)
        modules = [each for each in given if isinstance(each, ModuleType)]
        self._planned = fleet.plan(found, (), free_port, conduct=self._conduct, beside=modules)
        self._authority: Authority = setup.authority_for(fleet.with_added(found, self._planned))
        self._bound: Bound = bind(free_port(), (HERE,))
        self._shown = Shown()
        self._thread = threading.Thread(target=self._run, name="devserve", daemon=True)
        self._error: BaseException | None = None  # what it has ended with
        self._loop: asyncio.AbstractEventLoop
        self._devserve: Devserve

    def __repr__(self) -> str:
        return f"<Inside {', '.join(each.service.label for each in self._planned)} on port {self.port}>"

    def __enter__(self) -> Inside:
        """Start it. Raises DevserveError, or AssertionError, when that does not work."""
        self._thread.start()
        if not self._shown.tabled.wait(SECONDS):
            self.close()
            raise AssertionError(f"not all services have started or failed within {SECONDS:g} s:\n{self.output}")
        if self._error is not None:
            raise self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self._check()

    @property
    def port(self) -> int:
        """The port of https."""
        return self._bound.port

    @property
    def output(self) -> str:
        """What the services have printed, each line behind its service's name."""
        return "\n".join(self._shown.lines)

    @property
    def states(self) -> Mapping[str, str]:
        """How each service stood when all had started."""
        return {row.name: row.state for row in self._shown.rows}

    def get(self, service: str, target: str = "/", **headers: str) -> Answered:
        """Return the answer to a GET at a service's host. Underscores in `headers` stand for hyphens."""
        return self.request("GET", service, target, {name.replace("_", "-"): headers[name] for name in headers})

    def request(
        self, method: str, service: str, target: str = "/", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answered:
        """Return the answer to a request at a service's host, over TLS, with devserve's certificate verified.

        Raises:
            AssertionError: a plugin has failed; that is the sentence about it.
        """
        (host,) = (each.service.host for each in self._planned if each.service.label == service)
        context = ssl.create_default_context(cadata=self._authority.root.pem.decode("ascii"))
        connection = HTTPConnection(host, self.port, timeout=SECONDS)
        try:
            connection.sock = context.wrap_socket(
                socket.create_connection((HERE, self.port), SECONDS), server_hostname=host
            )
            connection.request(method, target, body or None, {"Host": f"{host}:{self.port}", **(headers or {})})
            response = connection.getresponse()
            return Answered(response.status, response.msg, response.read())
        finally:
            connection.close()
            self._check()

    def close(self) -> None:
        """End it. Returns when nothing of it runs."""
        ends_itself = self._conduct.has_failed
        if self._thread.is_alive() and hasattr(self, "_devserve") and not ends_itself:
            self._loop.call_soon_threadsafe(self._devserve.stop)
        self._thread.join(SECONDS)

    def _check(self) -> None:
        """Fail the test with the sentence about a plugin that has failed, whatever came of that, or what ended it."""
        if self._conduct.has_failed:
            raise AssertionError(self._conduct.failure)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001  # the test's thread raises it
            self._error = error
        finally:
            self._bound.close()
            self._shown.tabled.set()

    async def _serve(self) -> None:
        environment = setup.variables_for(self._authority, [each.service for each in self._planned], self.port)
        ports = Ports(self._bound, None)
        self._loop = asyncio.get_running_loop()
        self._devserve = Devserve(self._planned, self._authority, environment, ports, self._shown)
        await self._devserve.run(Options(conduct=self._conduct))
