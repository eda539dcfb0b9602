"""A gateway's way to applications in this process, without the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from devserve.io.proxy.applications import Applications
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
