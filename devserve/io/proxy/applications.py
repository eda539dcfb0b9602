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
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPServerConnectionDelegate, HTTPServerRequest, ResponseStartLine
from tornado.iostream import IOStream, StreamClosedError
from tornado.wsgi import WSGIContainer

from devserve.config.values import Origin
from devserve.io.proxy import asgi
from devserve.io.proxy.upstream import INSIDE
from devserve.io.tasks import spawn
from devserve.plugins.blame import blame
from devserve.run.application import Application

IDLE_SECONDS = 3600.0  # the proxy's pool closes idle connections first
LARGEST_BODY = 100 * 1024 * 1024  # bytes of a request's body, which these servers keep whole
THREADS = 16  # of one WSGI application
LOG = logging.getLogger("devserve")
BROKEN = b"The application failed; devserve's terminal says where.\n"


class Served:
    """One application: its server, and what has to end with it."""

    def __init__(self, name: str, application: Application) -> None:
        self.name = name
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

    async def close(self) -> None:
        """End it."""
        await self.server.close_all_connections()
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
                lifespan = self._lifespan = asgi.Lifespan(self.name, app)

                async def answer(request: HTTPServerRequest) -> None:
                    await lifespan.started()
                    await asgi.answer(app, request)

                return self._answering(answer)

    def _answering(self, answer: Callable[[HTTPServerRequest], Awaitable[None]]) -> Callable[[HTTPServerRequest], None]:
        async def answered(request: HTTPServerRequest) -> None:
            try:
                await answer(request)
            except Exception as error:  # noqa: BLE001  # whatever an application raises
                LOG.error("%s: its application failed at %s: %s", self.name, request.path, blame(error))
                fail(request)

        return lambda request: _start(answered(request), self.name)


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
        served.server.handle_stream(IOStream(theirs), ("127.0.0.1", 0))
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


def fail(request: HTTPServerRequest) -> None:
    """Answer in place of an application that has failed; on a connection that is closed, nothing is said."""
    connection = request.connection
    assert connection is not None
    headers = HTTPHeaders({"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(BROKEN))})
    with suppress(StreamClosedError):
        body = b"" if request.method == "HEAD" else BROKEN
        connection.write_headers(ResponseStartLine("HTTP/1.1", 500, "Internal Server Error"), headers, body)
        connection.finish()


def _start(coroutine: Coroutine[object, object, None], name: str) -> None:
    spawn(coroutine, name)
