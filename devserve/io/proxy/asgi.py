"""ASGI 3 over Tornado's HTTP server: requests and lifespan. WebSockets are in io/proxy/asgi_socket.py."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from http.client import responses
from typing import Any, TypeAlias
from urllib.parse import unquote

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.iostream import StreamClosedError

from devserve.io.tasks import spawn
from devserve.plugins.blame import blame

Message: TypeAlias = MutableMapping[str, Any]  # what the specification calls it
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

VERSIONS = {"version": "3.0", "spec_version": "2.3"}
SECONDS = 10.0  # for a start, and for an end
LOG = logging.getLogger("devserve")


class Lifespan:
    """The start and the end of an application, for one that wants to know."""

    def __init__(self, name: str, app: App) -> None:
        """Start the application that `name` says in a sentence."""
        self.state: dict[str, object] = {}  # what each scope has of it
        self._name = name
        self._app = app
        self._failed = ""  # why it could not start
        self._started = asyncio.Event()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._said.put_nowait({"type": "lifespan.startup"})
        self._task = spawn(self._run(), f"{name}: lifespan")

    def __repr__(self) -> str:
        return f"<Lifespan of {self._name}>"

    async def started(self) -> bool:
        """Wait until it has started, but not for ever; tell whether it could."""
        try:
            async with asyncio.timeout(SECONDS):
                await self._started.wait()
        except TimeoutError:
            LOG.warning(
                "%s has not started in %g s, so requests go to it now; have it start sooner", self._name, SECONDS
            )
            self._started.set()
        return not self._failed

    async def close(self) -> None:
        """Have it end, and wait for that, but not for ever."""
        self._said.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait({self._task}, timeout=SECONDS)
        self._task.cancel()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": VERSIONS, "state": self.state}
        try:
            await self._app(scope, self._said.get, self._hear)
        except Exception as error:  # noqa: BLE001  # most raise because they know no lifespan
            if self._started.is_set():
                LOG.error("%s could not end well: %s", self._name, blame(error))
            LOG.debug("%s has no lifespan: %r", self._name, error)
            self._failed = self._failed and blame(error)
        finally:
            if self._failed:
                LOG.error("%s could not start: %s; mend it and save the plugin's file", self._name, self._failed)
            self._started.set()

    async def _hear(self, message: Message) -> None:
        said = str(message.get("message", "")).strip().rpartition("\n")[2]  # of a traceback, which some send
        match message["type"]:
            case "lifespan.startup.complete":
                self._started.set()
            case "lifespan.startup.failed":
                self._failed = said or "it does not say why"
            case "lifespan.shutdown.failed":
                LOG.error("%s could not end well: %s", self._name, said or "it does not say why")


def scope(request: HTTPServerRequest, state: Mapping[str, object]) -> Message:
    """Return what an application is told of a request, of whichever protocol; `state` is what its lifespan has made."""
    path, _, query = (request.uri or "/").partition("?")
    host, _, port = request.host.partition(":")
    return {
        "asgi": VERSIONS,
        "http_version": "1.1",
        "scheme": request.protocol,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.get_all()
        ],
        "client": (request.remote_ip, 0),
        "server": (host, int(port) if port.isdigit() else {"https": 443}.get(request.protocol, 80)),
        "state": dict(state),
    }


def is_gone(request: HTTPServerRequest) -> bool:
    """Tell whether the client has closed its connection, perhaps so soon that nobody is told of it."""
    connection = request.connection
    assert isinstance(connection, HTTP1Connection)
    return connection.stream.closed()


async def answer(app: App, request: HTTPServerRequest, state: Mapping[str, object]) -> None:
    """Have an application answer a request. Raises what it raises; half an answer is broken off then."""
    exchange = Exchange(request)
    try:
        told = {**scope(request, state), "type": "http", "method": request.method}
        await app(told, exchange.receive, exchange.send)
        if not exchange.is_done:
            raise RuntimeError("the application returned before its response was complete")
    except Exception:
        exchange.break_off()
        raise


class Exchange:
    """One request and what the application sends for it."""

    def __init__(self, request: HTTPServerRequest) -> None:
        assert isinstance(request.connection, HTTP1Connection)
        self._connection = request.connection
        self._request = request
        self._body: bytes | None = request.body
        self._gone = asyncio.Event()
        self._head: tuple[ResponseStartLine, HTTPHeaders] | None = None
        self._has_begun = False
        self.is_done = False
        self._connection.set_close_callback(self._gone.set)
        if is_gone(request):
            self._gone.set()

    def __repr__(self) -> str:
        return f"<Exchange {self._request.method} {self._request.uri}>"

    async def receive(self) -> Message:
        """Return the request's body, then wait until the client has gone or has its answer."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Send a part of the response; what comes after the client has gone is dropped."""
        if message["type"] == "http.response.start":
            status = int(message["status"])
            headers = HTTPHeaders()
            for name, value in message.get("headers", ()):
                headers.add(bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))
            self._head = ResponseStartLine("HTTP/1.1", status, responses.get(status, "Unknown")), headers
        elif message["type"] == "http.response.body":
            with suppress(StreamClosedError):
                await self._write(bytes(message.get("body", b"")), more=bool(message.get("more_body", False)))

    def break_off(self) -> None:
        """Close the connection if an answer has begun: it must never look like a clean end."""
        if self._has_begun:
            self._connection.close()

    async def _write(self, body: bytes, *, more: bool) -> None:
        if self._head is not None:
            head, self._head, self._has_begun = self._head, None, True
            await self._connection.write_headers(*head)
        if body and self._request.method != "HEAD":
            await self._connection.write(body)
        if not more:
            self.is_done = True
            self._gone.set()
            self._connection.finish()
