"""ASGI 3 over Tornado's HTTP server: requests and lifespan. There are no WebSockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from http.client import responses
from typing import Any, TypeAlias
from urllib.parse import unquote

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.iostream import StreamClosedError

from devserve.io.tasks import spawn

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
        self._name = name
        self._app = app
        self._started = asyncio.Event()
        self._ended = asyncio.Event()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._said.put_nowait({"type": "lifespan.startup"})
        self._task = spawn(self._run(), f"{name}: lifespan")

    def __repr__(self) -> str:
        return f"<Lifespan of {self._name}>"

    async def started(self) -> None:
        """Wait until it has started, but not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await self._started.wait()

    async def close(self) -> None:
        """Have it end, and wait for that, but not for ever."""
        self._said.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait({self._task}, timeout=SECONDS)
        self._task.cancel()

    async def _run(self) -> None:
        try:
            await self._app({"type": "lifespan", "asgi": VERSIONS, "state": {}}, self._said.get, self._hear)
        except Exception as error:  # noqa: BLE001  # most raise because they know no lifespan
            LOG.debug("%s: has no lifespan: %r", self._name, error)
        finally:
            self._started.set()

    async def _hear(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            LOG.error("%s: its application could not start: %s", self._name, message.get("message", ""))
        self._started.set()


async def answer(app: App, request: HTTPServerRequest) -> None:
    """Have an application answer a request. Raises what it raises; half an answer is broken off then."""
    exchange = Exchange(request)
    try:
        await app(exchange.scope, exchange.receive, exchange.send)
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

    def __repr__(self) -> str:
        return f"<Exchange {self._request.method} {self._request.uri}>"

    @property
    def scope(self) -> Message:
        """What the application is told of the request."""
        request = self._request
        path, _, query = (request.uri or "/").partition("?")
        host, _, port = request.host.partition(":")
        return {
            "type": "http",
            "asgi": VERSIONS,
            "http_version": "1.1",
            "method": request.method,
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
        }

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
