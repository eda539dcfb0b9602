"""ASGI's WebSockets over Tornado's: each is accepted, refused or answered as an application says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http.client import responses
from typing import TypeAlias

from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError
from tornado.routing import Matcher, Rule
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from devserve.io.proxy import asgi
from devserve.io.tasks import spawn

LARGEST_MESSAGE = 16 * 1024 * 1024  # bytes, as uvicorn has it
MOST_WAITING = 32  # messages that the application has not asked for yet; then the client has to wait
FORBIDDEN, FAILED = 403, 500
NORMAL, WITHOUT_CODE, NEVER_OPEN, BROKEN = 1000, 1005, 1006, 1011  # RFC 6455, section 7.4.1

Fail: TypeAlias = Callable[[HTTPServerRequest, Exception], None]  # says what an application raised


class IsWebSocket(Matcher):
    """Matches what asks for a WebSocket."""

    def match(self, request: HTTPServerRequest) -> dict[str, object] | None:
        """Return nothing for the handler, or None for any other request."""
        return {} if request.headers.get("Upgrade", "").lower() == "websocket" else None


def sockets(app: asgi.App, lifespan: asgi.Lifespan, fail: Fail) -> Rule:
    """Return the rule by which an application answers what asks for a WebSocket."""
    arguments = {"app": app, "lifespan": lifespan, "fail": fail}
    handlers = [(".*", Socket, arguments)]
    return Rule(
        IsWebSocket(),
        Application(handlers, websocket_max_message_size=LARGEST_MESSAGE, log_function=_log_nothing),
    )


class Socket(WebSocketHandler):
    """One WebSocket: what its application is told, and what it sends. Who may open it the proxy has checked."""

    def initialize(self, app: asgi.App, lifespan: asgi.Lifespan, fail: Fail) -> None:
        """Take what `sockets` has."""
        self._app = app
        self._lifespan = lifespan
        self._fail = fail
        self._told: asyncio.Queue[asgi.Message] = asyncio.Queue()
        self._room = asyncio.Event()
        self._decided = asyncio.Event()
        self._opened = asyncio.Event()
        self._accepted: asgi.Message | None = None
        self._end: asgi.Message | None = None  # what the application is told last

    def __repr__(self) -> str:
        state = "ended" if self._end else "open" if self.ws_connection else "asked for"
        return f"<Socket {self.request.path} {state}>"

    def set_default_headers(self) -> None:
        """Send what the application sends, and nothing of Tornado."""
        for name in ("Server", "Content-Type"):
            self.clear_header(name)

    def check_origin(self, origin: str) -> bool:
        """Leave that to the proxy."""
        return True

    async def get(self, *_: str, **__: str) -> None:
        """Ask the application; when it accepts, serve the socket to its end."""
        if not await self._lifespan.started():
            self.set_status(FAILED)
            return
        if asgi.is_gone(self.request):
            return
        self._told.put_nowait({"type": "websocket.connect"})
        self._running = spawn(self._run(), f"{self.request.path}: WebSocket")
        await self._decided.wait()
        if self._accepted is not None:
            await super().get()
        self.on_close()  # also of one that Tornado refuses, because it is no WebSocket of RFC 6455

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Return what the application chose of those that the client offers."""
        return self._accepted.get("subprotocol") if self._accepted is not None else None

    def open(self, *_: str, **__: str) -> None:
        """Let the application go on, which has accepted it."""
        self._opened.set()

    async def on_message(self, message: str | bytes) -> None:
        """Tell the application, unless it has ended; the next one has to wait while it is behind."""
        if self._running.done():
            return
        text, data = (message, None) if isinstance(message, str) else (None, message)
        self._told.put_nowait({"type": "websocket.receive", "text": text, "bytes": data})
        if self._told.qsize() >= MOST_WAITING:
            self._room.clear()
            await self._room.wait()

    def on_close(self) -> None:
        """Tell the application, whoever closed it."""
        if self._end is None:
            code = self.close_code or (WITHOUT_CODE if self._opened.is_set() else NEVER_OPEN)
            self._end = {"type": "websocket.disconnect", "code": code, "reason": self.close_reason or ""}
            self._told.put_nowait(self._end)
            for waiting in (self._decided, self._opened, self._room):
                waiting.set()

    async def _run(self) -> None:
        code = NORMAL
        try:
            await self._app(self._scope, self._receive, self._send)
            if not self._decided.is_set():
                raise RuntimeError("the application returned before it accepted the WebSocket or refused it")
        except Exception as error:  # noqa: BLE001  # whatever an application raises
            code = BROKEN
            self._fail(self.request, error)
        if not self._decided.is_set():
            self.set_status(FAILED)
            self._decided.set()
        self._room.set()
        self.close(code)

    @property
    def _scope(self) -> asgi.Message:
        scope = asgi.scope(self.request, self._lifespan.state)
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        return {
            **scope,
            "type": "websocket",
            "scheme": "wss" if scope["scheme"] == "https" else "ws",
            "subprotocols": [each.strip() for each in offered.split(",") if each.strip()],
            "extensions": {"websocket.http.response": {}},
        }

    async def _receive(self) -> asgi.Message:
        if self._end is not None and self._told.empty():
            return self._end
        message = await self._told.get()
        self._room.set()
        return message

    async def _send(self, message: asgi.Message) -> None:
        """Do what the application says; what comes after the socket's end is dropped."""
        match message["type"]:
            case "websocket.accept" if not self._decided.is_set():
                self._accept(message)
                await self._opened.wait()
            case "websocket.send" if self._accepted is not None:
                await self._pass_on(message)
            case "websocket.close" if self._accepted is not None:
                self.close(int(message.get("code") or NORMAL), message.get("reason") or None)
            case "websocket.close" if not self._decided.is_set():
                self.set_status(FORBIDDEN)
                self._decided.set()
            case "websocket.http.response.start" if not self._decided.is_set():
                self._head(message)
            case "websocket.http.response.body" if not self._decided.is_set():
                self.write(bytes(message.get("body", b"")))
                if not message.get("more_body", False):
                    self._decided.set()
            case other if self._end is None:
                raise RuntimeError(f"{other} makes no sense here: the WebSocket is {self._standing}")

    @property
    def _standing(self) -> str:
        if self._accepted is not None:
            return "open"
        return "answered" if self._decided.is_set() else "neither accepted nor refused"

    def _accept(self, message: asgi.Message) -> None:
        chosen = message.get("subprotocol")
        if chosen and chosen not in self._scope["subprotocols"]:
            raise ValueError(f"the application accepts the subprotocol {chosen}, which the client does not offer")
        self._add_headers(message)
        self._accepted = message
        self._decided.set()

    def _head(self, message: asgi.Message) -> None:
        status = int(message["status"])
        self.set_status(status, responses.get(status, "Unknown"))
        self._add_headers(message)

    def _add_headers(self, message: asgi.Message) -> None:
        for name, value in message.get("headers", ()):
            self.add_header(bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))

    async def _pass_on(self, message: asgi.Message) -> None:
        data = message.get("bytes")
        with suppress(WebSocketClosedError, StreamClosedError):
            await self.write_message(message["text"] if data is None else data, binary=data is not None)


def _log_nothing(_: object) -> None:
    """Leave it to the exchange's log."""
