"""Applications of plugins, served in this process: each reached through the proxy like any service.

They listen nowhere: each connection is a socket pair, as for devserve's own pages (io/proxy/builtin.py).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, cast
from weakref import WeakSet
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPServerConnectionDelegate, HTTPServerRequest, ResponseStartLine
from tornado.iostream import IOStream, StreamClosedError
from tornado.routing import AnyMatches, Rule, RuleRouter
from tornado.wsgi import WSGIContainer

from devserve.config.values import INSIDE, Origin
from devserve.io.proxy import asgi
from devserve.io.proxy.asgi_socket import sockets
from devserve.io.tasks import spawn
from devserve.plugins.blame import blame
from devserve.run.application import Application

IDLE_SECONDS = 3600.0  # the proxy's pool closes idle connections first
LARGEST_BODY = 100 * 1024 * 1024  # bytes of a request's body, which these servers keep whole
THREADS = 16  # of one WSGI application
LOG = logging.getLogger("devserve")
BROKEN = b"The application failed; devserve's terminal says where.\n"
NOT_STARTED = b"The application could not start; devserve's terminal says why.\n"


class Served:
    """One application: its server, and what has to end with it."""

    def __init__(self, name: str, application: Application) -> None:
        self.name = name
        self._title = f"{name}: {application.title}"
        self._streams: WeakSet[IOStream] = WeakSet()
        self._lifespan: asgi.Lifespan | None = None
        self._threads: ThreadPoolExecutor | None = None
        self.server = HTTPServer(
            self._callback(application),
            idle_connection_timeout=IDLE_SECONDS,
            max_body_size=LARGEST_BODY,
            xheaders=True,  # of the proxy, who alone can connect: the scheme is the browser's
        )

    def __repr__(self) -> str:
        return f"<Served {self.name}>"

    def take(self, connection: socket.socket) -> None:
        """Serve a connection."""
        stream = IOStream(connection)
        self._streams.add(stream)
        self.server.handle_stream(stream, ("127.0.0.1", 0))

    async def close(self) -> None:
        """End it."""
        await self.server.close_all_connections()
        for stream in self._streams:  # a WebSocket's is the server's no longer
            stream.close()
        if self._lifespan is not None:
            await self._lifespan.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _callback(self, application: Application) -> HTTPServerConnectionDelegate | Callable[[HTTPServerRequest], None]:
        app: Any = application.application  # what the plugin says it is
        match application.kind:
            case "tornado":
                return cast(HTTPServerConnectionDelegate, app)
            case "wsgi":
                self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=self.name)
                container = WSGIContainer(without_body(app), self._threads)
                return self._answering(container.handle_request)
            case _:
                lifespan = self._lifespan = asgi.Lifespan(self._title, app)

                async def answer(request: HTTPServerRequest) -> None:
                    if await lifespan.started():
                        await asgi.answer(app, request, lifespan.state)
                    else:
                        fail(request, NOT_STARTED)

                return RuleRouter([sockets(app, lifespan, self._say), Rule(AnyMatches(), self._answering(answer))])

    def _answering(self, answer: Callable[[HTTPServerRequest], Awaitable[None]]) -> Callable[[HTTPServerRequest], None]:
        async def answered(request: HTTPServerRequest) -> None:
            try:
                await answer(request)
            except Exception as error:  # noqa: BLE001  # whatever an application raises
                self._say(request, error)
                fail(request, BROKEN)

        return lambda request: _start(answered(request), self.name)

    def _say(self, request: HTTPServerRequest, error: Exception) -> None:
        LOG.error("%s failed at %s: %s", self._title, request.path, blame(error))


class Applications:
    """All applications by their origins, which are of this process and no other."""

    def __init__(self) -> None:
        self._served: dict[Origin, Served] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Applications {', '.join(each.name for each in self._served.values())}>"

    def serve(self, name: str, application: Application) -> Origin:
        """Serve an application for a service, in place of what it had; return where it is reached."""
        self.leave(name)
        origin = Origin(host=name, port=INSIDE)
        self._served[origin] = Served(name, application)
        return origin

    def leave(self, name: str) -> None:
        """Serve no application for a service any longer."""
        served = self._served.pop(Origin(host=name, port=INSIDE), None)
        if served is not None:
            task = spawn(served.close(), f"{name}: end of its application")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def connect(self, origin: Origin) -> socket.socket | None:
        """Return our end of a new connection to an application; None: it is no longer served."""
        served = self._served.get(origin)
        if served is None:
            return None
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        served.take(theirs)
        return ours

    async def close(self) -> None:
        """End all of them."""
        for served in list(self._served.values()):
            self.leave(served.name)
        if self._closing:
            await asyncio.wait(self._closing)


def without_body(app: WSGIApplication) -> WSGIApplication:
    """Return a WSGI application that answers HEAD without the body that it is the head of (RFC 9110, section 9.3.2)."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = app(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        if hasattr(body, "close"):
            body.close()
        return []

    return answer


def fail(request: HTTPServerRequest, said: bytes) -> None:
    """Answer in place of an application that has failed; on a connection that is closed, nothing is said."""
    connection = request.connection
    assert connection is not None
    headers = HTTPHeaders({"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(said))})
    with suppress(StreamClosedError):
        body = b"" if request.method == "HEAD" else said
        connection.write_headers(ResponseStartLine("HTTP/1.1", 500, "Internal Server Error"), headers, body)
        connection.finish()


def _start(coroutine: Coroutine[object, object, None], name: str) -> None:
    spawn(coroutine, name)
