"""One look at a service: does it answer?"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import replace

from devserve.config.values import Origin, Service, UpstreamTls
from devserve.errors import UpstreamError
from devserve.io.proxy.upstream import LOOPBACK
from devserve.io.proxy.upstream_tls import context_for
from devserve.io.run.ports import queued
from devserve.run.readiness import answer_means_ready, pauses, probe_request

LONGEST_LOOK = 10.0  # seconds; a first request may have a page compiled


async def answers(service: Service, origin: Origin) -> bool:
    """Return whether the service takes connections, and answers HTTP when its `ready` says so."""
    try:
        async with asyncio.timeout(LONGEST_LOOK):
            if service.ready.by == "http":
                return await _answers_http(origin, service.ready.http, service.upstream_host or service.host)
            _, writer = await _connected(origin)
            await _closed(writer)
            return True
    except (OSError, UpstreamError, ValueError):  # ValueError: StreamReader's, for a line without end
        return False  # of an UpstreamError the first request tells


async def takes_from(listener: socket.socket, origin: Origin) -> None:
    """Wait until somebody takes connections from a listening socket: those that come meanwhile wait in its queue."""
    _, writer = await _connected(origin)  # one for the queue
    most = 0
    try:
        for pause in pauses():
            now = queued(listener)
            if now < most or not now:  # nothing else takes one out, not even its client
                return
            most = now
            await asyncio.sleep(pause)
    finally:
        await _closed(writer)


async def _answers_http(origin: Origin, target: str, host: str) -> bool:
    reader, writer = await _connected(origin, tls=_trusting(origin) if origin.scheme == "https" else None)
    try:
        writer.write(probe_request(target, host))
        return answer_means_ready(await reader.readline())
    finally:
        await _closed(writer)


async def _connected(
    origin: Origin, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if origin.unix_path:
        return await asyncio.open_unix_connection(origin.unix_path)
    *others, last = LOOPBACK.get(origin.host, (origin.host,))
    for host in others:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection(host, origin.port, ssl=tls)
    return await asyncio.open_connection(last, origin.port, ssl=tls)


def _trusting(origin: Origin) -> ssl.SSLContext:
    """Return a context that takes any certificate: a service's own is seldom a trusted one, and it is told nothing.

    Raises:
        UpstreamError: the certificate that we show cannot be read.
    """
    return context_for(replace(origin.tls or UpstreamTls(), verify=False))


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):  # the service may have closed first
        await writer.wait_closed()
