"""A client of a livereload server: here devserve's own endpoints stand in for the service's server."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from devserve.config.values import Service
from devserve.io.live.relay import Relay
from devserve.live.protocol import OFFICIAL_7
from support.live import until


class TinyLr(WebSocketHandler):
    """As tiny-lr: greets after the client's hello, tells one message per file."""

    def initialize(self, heard, greeting):
        self.heard, self.greeting = heard, greeting

    def open(self):
        self.set_nodelay(True)  # as Node does
        self.heard.append(self)

    def on_message(self, message):
        said = json.loads(message)
        if said["command"] == "hello":
            self.write_message(self.greeting)
        else:
            self.info = said

    def tell(self, *paths):
        for path in paths:
            self.write_message(json.dumps({"command": "reload", "path": path, "liveCSS": True}))


GREETING = json.dumps({"command": "hello", "protocols": [OFFICIAL_7], "serverName": "tiny-lr"})


@asynccontextmanager
async def tiny_lr(port=0, greeting=GREETING):
    heard = []
    sockets = bind_sockets(port, "127.0.0.1")
    server = HTTPServer(Application([("/livereload", TinyLr, {"heard": heard, "greeting": greeting})]))
    server.add_sockets(sockets)
    try:
        yield sockets[0].getsockname()[1], heard
    finally:
        server.stop()
        for each in heard:
            each.close()
        await server.close_all_connections()


@asynccontextmanager
async def relaying(root, port):
    told = []

    def tell(service, messages):
        told.append([json.loads(message)["path"] for message in messages])
        return 1

    relay = Relay(Service("web", root, "web.test"), port, tell)
    task = asyncio.get_running_loop().create_task(relay.run())
    try:
        yield relay, told
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_passes_on_what_the_server_says(tmp_path):
    async def scenario():
        async with tiny_lr() as (port, heard), relaying(tmp_path, port) as (relay, told):
            await until(lambda: heard and hasattr(heard[0], "info"))
            assert heard[0].info == {"command": "info", "plugins": {}, "url": "https://web.test/"}
            heard[0].tell(f"{tmp_path}/css/a.css")
            await until(lambda: told == [["/css/a.css"]])
            assert repr(relay) == f"<Relay web ws://127.0.0.1:{port}/livereload connected>"

    asyncio.run(scenario())


def test_a_save_told_file_by_file_is_two_messages(tmp_path):
    async def scenario():
        async with tiny_lr() as (port, heard), relaying(tmp_path, port) as (_, told):
            await until(lambda: heard and hasattr(heard[0], "info"))
            heard[0].tell("/first.css", *(f"/{number}.css" for number in range(100)))
            await until(lambda: len(told) == 2)
            heard[0].tell("/last.css")
            await until(lambda: told[-1] == ["/last.css"])
            assert told == [["/first.css"], ["/"], ["/last.css"]]

    asyncio.run(scenario())


def test_the_server_may_come_later_and_come_back(tmp_path):
    async def scenario():
        async with tiny_lr() as (port, _):
            pass
        async with relaying(tmp_path, port) as (_, told):
            for number in range(2):
                async with tiny_lr(port) as (_, heard):
                    await until(lambda heard=heard: heard and hasattr(heard[0], "info"))
                    heard[0].tell(f"/{number}.css")
                    await until(lambda number=number: told and told[-1] == [f"/{number}.css"])

    asyncio.run(scenario())


def test_what_speaks_another_protocol_is_said_once(tmp_path, caplog):
    caplog.set_level("INFO", "devserve")

    async def scenario():
        async with tiny_lr(greeting="!!ver:1.6") as (port, heard), relaying(tmp_path, port):
            await until(lambda: len(heard) >= 2)
            assert [message for message in caplog.messages if "speaks no livereload protocol 7" in message] == [
                f"web: port {port} speaks no livereload protocol 7; correct source in its [livereload] table"
            ]

    asyncio.run(scenario())


@pytest.mark.parametrize("frame", ["{", '{"command":"kill"}', "[]"])
def test_what_is_malformed_is_passed_over(tmp_path, frame):
    async def scenario():
        async with tiny_lr() as (port, heard), relaying(tmp_path, port) as (_, told):
            await until(lambda: heard and hasattr(heard[0], "info"))
            heard[0].write_message(frame)
            heard[0].tell("/a.css")
            await until(lambda: told == [["/a.css"]])

    asyncio.run(scenario())


def test_it_is_said_when_no_server_answers(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("devserve.io.live.relay.PATIENCE", 1)
    caplog.set_level("INFO", "devserve")

    async def scenario():
        async with tiny_lr() as (port, _):
            pass
        async with relaying(tmp_path, port):
            await until(lambda: caplog.messages)
        assert caplog.messages == [
            f"web: no livereload server answers on port {port}; does the service start one there? Else correct source"
            " in its [livereload] table"
        ]

    asyncio.run(scenario())
