"""A livereload server on a free port, pages that connect to it, and waiting with a deadline."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager

from tornado.httpclient import HTTPRequest  # noqa: TID251 - websocket_connect takes fields in this form only
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import websocket_connect

from devserve.io.live.livereload import LiveSockets
from devserve.io.live.script import Scripts
from devserve.io.live.site import livereload_handlers
from devserve.live.protocol import OFFICIAL_7

HELLO = json.dumps({"command": "hello", "protocols": [OFFICIAL_7], "ver": "2.2.1"})
PLUGINS = {"devserve": {"version": "1.0"}, "less": {"disable": False, "version": "1.0"}}
HOSTS = {"web.test": "web", "mail.test": "mail"}


def new_live_sockets(**more):
    """Sockets for two services, `web` and `mail`, with one livereload host each."""
    return LiveSockets(
        service_for=lambda host, _: HOSTS.get(host),
        services_at=lambda host: {HOSTS[host.removeprefix("livereload.")]},
        allowed_origin=lambda host: host in HOSTS,
        **more,
    )


@asynccontextmanager
async def serving(live):
    """Serve the livereload endpoints; yields the port."""
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application(livereload_handlers(live, Scripts(()).of)))
    server.add_sockets(sockets)
    try:
        yield sockets[0].getsockname()[1]
    finally:
        live.close()
        server.stop()
        await server.close_all_connections()


@asynccontextmanager
async def connected(port, origin="https://web.test", host="livereload.web.test"):
    """A page that has connected and said nothing."""
    fields = {"Host": host, "Origin": origin}
    page = await websocket_connect(HTTPRequest(f"ws://127.0.0.1:{port}/livereload", headers=fields))
    stream = page.protocol.stream
    try:
        yield page
    finally:
        page.close()
        stream.close()


@asynccontextmanager
async def a_page(port, url="https://web.test/", plugins=None, **more):
    """A page that has shaken hands and said where it is."""
    async with connected(port, **more) as page:
        await page.write_message(HELLO)
        assert (await said(page))["command"] == "hello"
        await page.write_message(json.dumps({"command": "info", "plugins": plugins or {}, "url": url}))
        yield page


async def said(page, seconds=5.0):
    """Return the next thing that the server says, or None when it closes."""
    frame = await asyncio.wait_for(page.read_message(), seconds)
    return None if frame is None else json.loads(frame)


def request(target, *fields, method="GET", body=b""):
    """Return the bytes of a request."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"{method} {target} HTTP/1.1", "Host: livereload.web.test", *fields, *length, "", ""]
    return "\r\n".join(head).encode() + body


async def fetch(port, target, *fields, **more):
    """Return the head and the body of a response."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(target, *fields, **more))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        body = await reader.readexactly(int(re.search(r"Content-Length: (\d+)", head)[1]))
        writer.close()
        await writer.wait_closed()
    return head, body


async def until(condition, seconds=5.0):
    """Return the first true value of a condition; fail when there is none in time."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110 - conditions that set no event
            await asyncio.sleep(0.002)
    return found


async def passes(condition, seconds=5.0):
    """Look at every turn of the loop, for a state that lasts for a few; fail when it does not come in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions that set no event
            await asyncio.sleep(0)
