"""A real proxy on loopback in front of scripted upstreams."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from devserve.config.values import Origin, Service, Timeouts
from devserve.http1 import Headers, Request, Response
from devserve.io.proxy.binding import Bound, bind
from devserve.io.proxy.listeners import Listeners
from devserve.io.proxy.site import Served, Site
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.upstream import OWN, Upstreams
from devserve.proxy.pages.tags import Tag
from devserve.proxy.plugged import Answer
from devserve.proxy.routes import Remote, Route, Routes
from devserve.run.application import Application

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Result = TypeVar("Result")
DEADLINE = 10.0
USUAL = Timeouts()
GET = b"GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n"
PAGE_LOAD = (
    b"GET / HTTP/1.1\r\nHost: web.test\r\nSec-Fetch-Dest: document\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
)
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Own: 1\r\n\r\n"


def run(test: Coroutine[None, None, Result]) -> Result:
    """Run a test's coroutine with a deadline, and wait for what it left running: servers' handlers, closing sockets."""

    async def bounded() -> Result:
        async with asyncio.timeout(DEADLINE):
            result = await test
            for _ in range(5):  # what was just connected is accepted in a later turn, and closed in one after that
                await asyncio.sleep(0.001)
                while others := asyncio.all_tasks() - {asyncio.current_task()}:
                    await asyncio.wait(others)
            return result

    with asyncio.Runner() as runner:
        return runner.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; the test's deadline bounds it."""
    while not condition():  # noqa: ASYNC110  # any condition, not one that sets an event
        await asyncio.sleep(0.002)


@dataclass
class Backend:
    """How the service stands, as the test wants it."""

    ready: bool = True
    coming: bool = True
    starts: int = 1
    condition: str = "starting"
    explanation: str = "It ended with exit status 1."
    last_lines: Sequence[str] = ("the last line",)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_ready(self, seconds: float) -> bool:
        await self.changed.wait()
        return self.ready

    def become(self, *, ready: bool, coming: bool = True) -> None:
        self.ready, self.coming = ready, coming
        self.changed.set()


@dataclass
class Hooks:
    """Hooks that add one tag and one field."""

    edits_responses: bool = True
    on_requests: bool = False
    tags: Sequence[Tag] = (Tag("script", {"src": "https://livereload.web.test/livereload.js?port=443"}),)

    def application(self, service: Service) -> Application | None:
        return None

    def request(self, request: Request, service: Service, *, ready: bool, coming: bool = False) -> Answer | None:
        raise AssertionError("nobody answers requests here")

    def request_headers(self, headers: Headers, request: Request, service: Service) -> None:
        raise AssertionError("nobody edits requests here")

    def response_headers(self, headers: Headers, response: Response, request: Request, service: Service) -> None:
        headers.add(b"X-Hook", service.name.encode())

    def snippet(self, service: Service, request: Request, livereload_url: str) -> Sequence[Tag]:
        return self.tags


class WithoutHotClient(Hooks):
    """Hooks that add their tag where the page has no hot client of its own."""

    def snippet(self, service: Service, request: Request, livereload_url: str) -> Sequence[Tag]:
        return () if service.dev_server else self.tags


@dataclass
class Proxy:
    """The running proxy: its port, its site, and how often the upstream was connected to."""

    port: int
    site: Site
    backend: Backend
    sweeper: Sweeper
    connections: list[asyncio.StreamWriter]

    async def open(self, **tls: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, **tls)

    async def ask(self, request: bytes, **tls: Any) -> bytes:
        """Send a request that ends the connection, return all that comes back."""
        reader, writer = await self.open(**tls)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer


def listening() -> Bound:
    """Bind a free port on 127.0.0.1."""
    return bind(free_port(), ("127.0.0.1",))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def no_own_pages() -> socket.socket:
    raise AssertionError("devserve's own pages are not part of this test")


@asynccontextmanager
async def proxied(
    script: Script | None,
    *,
    hooks: Hooks | None = None,
    timeouts: Timeouts = USUAL,
    sent_host: bytes = b"",
    remote: Remote | None = None,
    fallback: Origin | None = None,
    command: tuple[str, ...] = (),
) -> AsyncIterator[Proxy]:
    """Serve web.test over plain HTTP in front of an upstream that plays the script; None: nothing listens there."""
    connections: list[asyncio.StreamWriter] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        try:
            if script is not None:
                await script(reader, writer)
        except ConnectionError:
            pass  # the proxy broke off: the test looks at the other side
        finally:
            writer.close()

    upstream = await asyncio.start_server(play, "127.0.0.1", 0) if script else None
    port = upstream.sockets[0].getsockname()[1] if upstream else free_port()
    service = Service("web", Path("/repository"), "web.test", command=command, timeouts=timeouts)
    there = None if fallback is None else Route("web.test", "/", fallback, service, stands_in=True)
    routes = Routes(
        [
            Route("web.test", "/", Origin(port=port), service, sent_host, remote, there),
            Route("own.test", "/", OWN),
            Route("fleet.localhost", "/x", OWN),
        ]
    )
    sweeper = Sweeper()
    upstreams = Upstreams(sweeper, no_own_pages)
    site = Site(routes, upstreams, b"mark")
    backend = Backend()
    site.served["web"] = Served(service, backend, hooks or Hooks(edits_responses=False, tags=()))
    listeners = Listeners(site, sweeper)
    bound = listening()
    listeners.take_http(bound)
    await listeners.serve()
    try:
        yield Proxy(bound.port, site, backend, sweeper, connections)
    finally:
        await listeners.close()
        upstreams.close()
        sweeper.close()
        if upstream is not None:
            upstream.close()
        await asyncio.sleep(0)


def asked(script: Script | None, request: bytes = GET, **options: Any) -> bytes:
    """Ask a proxy of its own for one thing; return all that comes back."""

    async def ask() -> bytes:
        async with proxied(script, **options) as proxy:
            return await proxy.ask(request)

    return run(ask())


async def head_of(reader: asyncio.StreamReader) -> bytes:
    """Read a message's head."""
    return await reader.readuntil(b"\r\n\r\n")


def answering(*answers: bytes) -> Script:
    """Return a script that reads one request head per answer and sends it."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # fewer requests came
            for answer in answers:
                await head_of(reader)
                writer.write(answer)
                await writer.drain()
        writer.close()

    return script


async def echo_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with the request's body as it comes."""
    head = await head_of(reader)
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is not None
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n" % length.group(1))
    remaining = int(length.group(1))
    while remaining:
        data = await reader.read(65536)
        remaining -= len(data)
        writer.write(data)
        await writer.drain()
