"""A devserve with one service and its dashboard, asked over plain HTTP on loopback."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPRequest  # noqa: TID251 - websocket_connect takes fields in this form only
from tornado.websocket import WebSocketClientConnection, websocket_connect

from devserve import plugins
from devserve.app.gateway import Gateway
from devserve.app.lookout import Lookout
from devserve.app.orders import Orders
from devserve.app.panorama import Panorama
from devserve.app.supervisor import Supervisor
from devserve.config.values import Project, Service
from devserve.fleet import Planned
from devserve.io.dashboard.neighbours import Neighbours
from devserve.io.hub.followers import Followers
from devserve.io.proxy.binding import Ports
from devserve.io.run.warden import Warden
from support.authority import authority
from support.proxied import free_port, listening

SERVER = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<title>hello</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("\\x1b[31mError: <b>none</b>\\x1b[m", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
HOST = "devserve.localhost"


class Stage:
    """What runs, and ways to ask it."""

    def __init__(
        self, gateway: Gateway, supervisor: Supervisor, panorama: Panorama, lookout: Lookout, port: int
    ) -> None:
        self.gateway = gateway
        self.supervisor = supervisor
        self.panorama = panorama
        self.sight = panorama.sight
        self.lookout = lookout
        self.port = port

    @property
    def origin(self) -> str:
        """The dashboard's own origin."""
        return f"http://{HOST}:{self.port}"

    async def ask(
        self, target: str, *fields: str, method: str = "GET", body: bytes = b"", host: str = ""
    ) -> tuple[int, str, str]:
        """Return status, head and body of an answer; the proxy has no say in which fields a client sends."""
        length = [f"Content-Length: {len(body)}"] if body or method == "POST" else []
        own = [f"{method} {target} HTTP/1.1", f"Host: {host or f'{HOST}:{self.port}'}", "Connection: close"]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("\r\n".join([*own, *fields, *length, "", ""]).encode() + body)
        head, _, text = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), head.decode("latin-1"), text.decode()

    async def token(self) -> str:
        """Return the token that the page has."""
        _, _, page = await self.ask("/", "Accept: text/html")
        found = re.search(r'name="devserve-token" content="([^"]+)"', page)
        assert found is not None
        return found[1]

    async def order(self, target: str, data: object = None, *fields: str) -> tuple[int, Any]:
        """Order something as the page does; return status and data."""
        token = await self.token()
        own = [f"X-Devserve-Token: {token}", f"Origin: {self.origin}"]
        body = json.dumps(data or {}).encode()
        status, _, text = await self.ask(target, *own, *fields, method="POST", body=body)
        return status, json.loads(text)

    @asynccontextmanager
    async def looking(self, **fields: str) -> AsyncIterator[WebSocketClientConnection]:
        """Look as a page does."""
        headers = {"Host": f"{HOST}:{self.port}", "Origin": self.origin, **fields}
        page = await websocket_connect(HTTPRequest(f"ws://127.0.0.1:{self.port}/api/live", headers=headers))
        stream = page.protocol.stream
        try:
            yield page
        finally:
            page.close()
            stream.close()


async def told(page: WebSocketClientConnection, key: str) -> Any:
    """Return the next news about something."""
    while (message := await page.read_message()) is not None:
        news = json.loads(message)
        if news.get(key):
            return news[key]
    raise AssertionError(f"the socket was closed before it told of {key}")


@asynccontextmanager
async def staged(
    folder: Path, source: str = SERVER, *, start: bool = True, files: Sequence[Path] = (), **fields: Any
) -> AsyncIterator[Stage]:
    """Run the service web, whose plugins are in these files, and serve it with the dashboard."""
    async with AsyncExitStack() as closing:
        ports = Ports(listening(), listening())
        gateway = Gateway(ports, authority(), None, closing)
        warden = Warden()
        closing.push_async_callback(warden.close)
        followers = Followers(lambda name, text: None)
        supervisor = Supervisor(gateway.live, warden, {}, followers.line)
        closing.push_async_callback(supervisor.stop)
        orders = Orders(gateway, supervisor, followers)
        panorama = Panorama(gateway, supervisor, authority(), orders, Neighbours(folder / "hub"))
        gateway.show(panorama)
        service = Service("web", folder, "web.test", command=(sys.executable, "-c", source), **fields)
        project = Project(folder / "devserve.toml", plugins=tuple(files), services=(service,))
        hooks = plugins.load(project)
        hooks.services(project)
        planned = Planned(service, hooks, free_port())
        gateway.add(service, planned.port, supervisor.add(planned), planned.hooks)
        await gateway.listeners.serve()
        if start:
            await supervisor.start()
        assert ports.http is not None
        lookout = Lookout(panorama.sight, panorama.own_plugins, orders)
        yield Stage(gateway, supervisor, panorama, lookout, ports.http.port)
