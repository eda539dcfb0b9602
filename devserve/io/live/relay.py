"""A client of a service's own livereload server, which passes on to our pages what it is told."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from itertools import chain, repeat

from tornado.httpclient import HTTPClientError  # noqa: TID251  # what websocket_connect raises; nothing passes here
from tornado.websocket import WebSocketClientConnection, WebSocketError, websocket_connect

from devserve.config.values import Service
from devserve.io.watch.settling import Settling
from devserve.live.protocol import OFFICIAL_7
from devserve.live.relayed import is_greeting, message_of
from devserve.live.rules import together

CONNECT = 5.0  # seconds
GREETING = 5.0  # seconds; livereload.js waits as long
LARGEST = 64 * 1024  # bytes of one message
PAUSES = (0.1, 0.2, 0.4, 0.8)  # seconds between two attempts; then always the last
PATIENCE = 15  # attempts, in about ten seconds; then it is said that nobody is there
LOG = logging.getLogger("devserve")


class Relay:
    """Stays connected to a livereload server for as long as `run` runs; the server may come and go.

    A save that the server tells file by file is two messages at most: the first at once, the rest together.
    """

    def __init__(self, service: Service, port: int, tell: Callable[[str, Sequence[str]], int]) -> None:
        self._service = service
        self._url = f"ws://127.0.0.1:{port}/livereload"
        self._port = port
        self._tell = tell
        self._settling = Settling(lambda messages: tell(service.label, together(messages)))
        self._connected = False
        self._said = ""

    def __repr__(self) -> str:
        return f"<Relay {self._service.label} {self._url} {'connected' if self._connected else 'waiting'}>"

    async def run(self) -> None:
        """Connect, pass on, and connect again, until cancelled."""
        try:
            while True:
                await self._stay_connected()
        finally:
            self._settling.close()

    async def _stay_connected(self) -> None:
        """Try until a connection has come and gone."""
        for attempt, pause in enumerate(chain(PAUSES, repeat(PAUSES[-1]))):
            if await self._listen():
                return
            if attempt == PATIENCE:
                self._say(
                    f"no livereload server answers on port {self._port}; does the service start one there?"
                    " Else correct source in its [livereload] table"
                )
            await asyncio.sleep(pause)

    async def _listen(self) -> bool:
        """Pass on what a connection brings until it ends; tell whether there was one."""
        connecting = asyncio.get_running_loop().create_task(self._connect())
        try:
            connection = await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_close)
            raise
        except (OSError, HTTPClientError, WebSocketError):  # it is not there yet, or is no livereload server
            return False
        try:
            return await self._converse(connection)
        finally:
            self._connected = False
            connection.close()

    async def _connect(self) -> WebSocketClientConnection:
        return await websocket_connect(self._url, connect_timeout=CONNECT, max_message_size=LARGEST)

    async def _converse(self, connection: WebSocketClientConnection) -> bool:
        await connection.write_message(json.dumps({"command": "hello", "protocols": [OFFICIAL_7], "ver": "4.0.2"}))
        try:
            async with asyncio.timeout(GREETING):  # not wait_for: Python 3.11's may swallow a cancellation (gh-86296)
                greeting = await connection.read_message()
        except TimeoutError:
            greeting = None
        if greeting is None or not is_greeting(greeting):
            self._say(f"port {self._port} speaks no livereload protocol 7; correct source in its [livereload] table")
            return False
        info = {"command": "info", "plugins": {}, "url": f"https://{self._service.host}{self._service.path}"}
        await connection.write_message(json.dumps(info))
        self._connected = True
        self._say(f"passing on what the livereload server on port {self._port} says")
        while (frame := await connection.read_message()) is not None:
            if message := message_of(frame, self._service.root):
                self._pass_on(message)
        return True

    def _say(self, sentence: str) -> None:
        if sentence != self._said:  # once, not at each attempt
            self._said = sentence
            LOG.info("%s: %s", self._service.label, sentence)

    def _pass_on(self, message: str) -> None:
        if self._settling.leads(message):
            self._settling.told()
            self._tell(self._service.label, [message])
        else:
            self._settling.add(message)


def _close(connecting: asyncio.Future[WebSocketClientConnection]) -> None:
    """Close a connection that nobody waits for any more."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()
