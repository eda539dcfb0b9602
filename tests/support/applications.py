"""A gateway's way to applications in this process, without the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tornado.httpclient import HTTPRequest  # noqa: TID251 - websocket_connect takes fields in this form only
from tornado.netutil import add_accept_handler, bind_sockets
from tornado.websocket import WebSocketClientConnection, websocket_connect

from devserve.io.proxy.applications import Applications, Served
from devserve.run.application import Application

Ask = Callable[..., "asyncio.Future[bytes]"]


@asynccontextmanager
async def served(kind: str, app: object) -> AsyncIterator[tuple[Applications, Callable[..., object]]]:
    """Serve an application; the function asks it and returns all that it answers."""
    applications = Applications()
    origin = applications.serve("web", Application(kind, app))  # type: ignore[arg-type]

    async def ask(request: bytes) -> bytes:
        ours = applications.connect(origin)
        assert ours is not None
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    try:
        yield applications, ask
    finally:
        await applications.close()


@dataclass
class Listening:
    """An application on a port of this machine."""

    port: int
    end: Callable[[], Awaitable[None]]
    opened: list[WebSocketClientConnection] = field(default_factory=list)

    async def socket(self, target: str = "/", *offered: str, **fields: str) -> WebSocketClientConnection:
        """Return an open WebSocket, as the proxy asks for one."""
        headers = {"X-Forwarded-Proto": "https", "Origin": "https://other.test", **fields}
        asked = HTTPRequest(f"ws://127.0.0.1:{self.port}{target}", headers=headers)
        socket = await websocket_connect(asked, subprotocols=list(offered) or None)
        self.opened.append(socket)
        return socket


@asynccontextmanager
async def listening(app: object) -> AsyncIterator[Listening]:
    """Serve an ASGI application on a port until the block ends."""
    served = Served("web", Application("asgi", app, "tool.py"))
    (bound,) = bind_sockets(0, "127.0.0.1")
    remove = add_accept_handler(bound, lambda connection, _: served.take(connection))
    listening = Listening(bound.getsockname()[1], served.close)
    try:
        yield listening
    finally:
        for socket in listening.opened:
            socket.close()
        remove()
        bound.close()
        await served.close()


def request(method: str = "GET", target: str = "/", *fields: str, body: str = "") -> bytes:
    """Return a request as the proxy sends it."""
    lines = [
        f"{method} {target} HTTP/1.1",
        "Host: web.test:8443",
        "Connection: close",
        "X-Forwarded-Proto: https",
        *fields,
    ]
    length = [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, *length, "", body]).encode()
