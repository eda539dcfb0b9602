"""One client's connection, exchange after exchange. Read this page first.

receive the head → admit → match a route → the exchange (io/proxy/exchange.py) → back
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import Final

from devserve.config.values import Timeouts
from devserve.errors import RemoteProtocolError, StreamLostError
from devserve.http1 import Event, Request, Role, State
from devserve.hub.first_bytes import host_in
from devserve.io.proxy.access import Entry
from devserve.io.proxy.answers import USUAL, answer
from devserve.io.proxy.exchange import Exchange
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.site import Site
from devserve.io.proxy.streams import Stream
from devserve.proxy import admit, failures
from devserve.proxy.forward import Downstream, is_websocket, origin_form
from devserve.proxy.routes import authority_of, host_of

HOST_WITHIN: Final = 8 * 1024  # bytes of a head that comes in pieces; they are searched again with each piece


async def serve(stream: Stream, site: Site, came_by: Downstream) -> None:
    """Serve one connection, exchange after exchange, until either side has had enough."""
    downstream = MessageStream(stream, Role.SERVER)
    try:
        timeouts = site.timeouts(stream.server_name)
        request = await _next_request(downstream, site, timeouts.head, timeouts.head)
        while request is not None:
            if site.ended is None:
                following = await _serve_one(downstream, site, came_by, request)
            else:
                following = await _serve_logged(downstream, site, came_by, request)
            if following is None:
                break
            downstream.connection.start_next_cycle()
            request = await _next_request(downstream, site, following.idle, following.head)
    except RemoteProtocolError as error:
        await _refuse(downstream, site, came_by, error)
    except StreamLostError:
        pass  # the client went away; there is nobody left to tell
    finally:
        stream.close()


async def _next_request(downstream: MessageStream, site: Site, start: float, head: float) -> Request | None:
    """Return the next request, begun within `start` seconds and its head whole in `head` more; None at the end."""
    stream, loop = downstream.stream, downstream.stream.loop
    received = downstream.poll() if downstream.connection.has_unread else None
    if received is not None:
        await asyncio.sleep(0)  # the others' turn: a thousand requests may have come at once
    else:
        stream.deadline = loop.time() + start
        await downstream.more()
        received = downstream.poll()
        if received is None:
            received = await _rest_of_head(downstream, site, head)
    stream.deadline = inf
    return received if isinstance(received, Request) else None


async def _rest_of_head(downstream: MessageStream, site: Site, head: float) -> Event:
    """Return the request whose head comes in pieces, whole within `head` seconds from now.

    Where no server name says whose the connection is, the time is that of the service that Host names.
    """
    stream = downstream.stream
    begun = stream.loop.time()
    stream.deadline = begun + head
    received = None
    while received is None:
        if not stream.server_name and (host := _host_in_part(downstream)):
            stream.deadline = begun + site.timeouts(host).head
        await downstream.more()
        received = downstream.poll()
    return received


def _host_in_part(downstream: MessageStream) -> str:
    """Return the host that the part of a head names which has come, if it is near the beginning as it should be."""
    part = downstream.connection.trailing_data[0]
    return host_of(host_in(part) or "") if len(part) <= HOST_WITHIN else ""


async def _serve_logged(
    downstream: MessageStream, site: Site, came_by: Downstream, request: Request
) -> Timeouts | None:
    """Serve one exchange and tell who asked to hear of it."""
    with logged(downstream, site, came_by.scheme, request):
        return await _serve_one(downstream, site, came_by, request)


@contextmanager
def logged(downstream: MessageStream, site: Site, scheme: str, request: Request | None) -> Iterator[None]:
    """Note what happens in the block, and tell who asked to hear of it, however it ends."""
    if site.ended is None:
        yield
        return
    entry = downstream.entry = Entry(request, scheme, site.keeps)
    site.under_way.add(entry)
    try:
        yield
    finally:
        downstream.entry = None
        site.under_way.discard(entry)
        entry.end()
        if site.ended is not None:
            site.ended(entry)


async def _serve_one(downstream: MessageStream, site: Site, came_by: Downstream, received: Request) -> Timeouts | None:
    """Serve one exchange; return how long the next one may take, or None when the connection is not good for one."""
    request = origin_form(received)
    host, port = authority_of(request.headers.first(b"host") or b"", came_by.scheme)
    refusal = admit.refusal(request, host, downstream.stream.server_name, site.loop_mark)
    route = None if host in site.routes.yielded else site.routes.find(host, request.target)
    if refusal is None and route is not None and is_websocket(request):
        refusal = admit.upgrade_refusal(request, site.routes.knows, own=route.service is None)
    if refusal is not None:
        kept = await answer(downstream, request, failures.refused(refusal.status, refusal.reason))
        return USUAL if kept else None
    if route is None:
        kept = await answer(downstream, request, _no_route(site, host, came_by.scheme, port))
        return USUAL if kept else None
    exchange = Exchange(downstream, site, came_by, request, route, port)
    return exchange.timeouts if await exchange.run() else None


def _no_route(site: Site, host: str, scheme: str, port: int) -> failures.Failure:
    if host in site.routes.elsewhere:
        return failures.misdirected(host)
    lease = site.stopped.get(host)
    if lease is None:
        return failures.no_route(host, site.urls(host, scheme, port))
    return failures.stopped(host, lease.folder, lease.command)


async def _refuse(downstream: MessageStream, site: Site, came_by: Downstream, error: RemoteProtocolError) -> None:
    """Answer a message that must not be understood, and close."""
    connection = downstream.connection
    if connection.their_state is not State.ERROR or connection.our_state not in (State.IDLE, State.SEND_RESPONSE):
        downstream.stream.abort()  # the upstream's mistake, or an answer has begun
        return
    with logged(downstream, site, came_by.scheme, None), suppress(StreamLostError):  # it did not wait for the answer
        await answer(downstream, None, failures.refused(error.status, f"{error}."))
