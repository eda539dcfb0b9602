"""One request and its responses, from the client's first byte to the last one back. Read this page first.

    receive the head → admit → match a route → hold until the service is ready → dial →
    forward the request → relay its body while the answer comes → forward the response → perhaps inject → relay its body

A WebSocket is the same exchange, ending in a tunnel.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from math import inf

from devserve.config.values import Timeouts
from devserve.errors import RemoteProtocolError, UpstreamError
from devserve.http1 import Data, EndOfMessage, InformationalResponse, Request, Response, Role, State
from devserve.io import tunnel
from devserve.io.messages import MessageStream
from devserve.io.site import Served, Site
from devserve.io.streams import Stream, StreamLostError, StreamTimeoutError
from devserve.io.tasks import spawn
from devserve.io.upstream import Upstream
from devserve.proxy import admit, failures, hold, inject, page
from devserve.proxy.forward import Downstream, forward_request, forward_response, may_retry, origin_form
from devserve.proxy.routes import Route, host_of, path_of, port_of
from devserve.proxy.tags import Tag, snippet

USUAL = Timeouts()  # for what no service answers
LINGER_SECONDS = 2.0  # for a client to read our answer before its unread bytes reset the connection
ATTEMPTS = 3
SWITCHING_PROTOCOLS = 101
NONCE_OCTETS = 16  # CSP3, section 7.1: at least 128 bits


async def serve(stream: Stream, site: Site, came_by: Downstream) -> None:
    """Serve one connection, exchange after exchange, until either side has had enough."""
    downstream = MessageStream(stream, Role.SERVER)
    try:
        timeouts = site.timeouts(stream.server_name)
        request = await _next_request(downstream, timeouts.head, timeouts.head)
        while request is not None:
            following = await _serve_one(downstream, site, came_by, request)
            if following is None:
                break
            downstream.connection.start_next_cycle()
            request = await _next_request(downstream, following.idle, following.head)
    except RemoteProtocolError as error:
        await _refuse(downstream, error)
    except StreamLostError:
        pass  # the client went away; there is nobody left to tell
    finally:
        stream.close()


async def _next_request(downstream: MessageStream, start: float, head: float) -> Request | None:
    """Return the next request, begun within `start` seconds and its head whole in `head` more; None at the end."""
    stream, loop = downstream.stream, asyncio.get_running_loop()
    received = downstream.poll()
    if received is None:
        stream.deadline = loop.time() + start
        await downstream.more()
        stream.deadline = loop.time() + head
        received = await downstream.receive()
    stream.deadline = inf
    return received if isinstance(received, Request) else None


async def _serve_one(downstream: MessageStream, site: Site, came_by: Downstream, received: Request) -> Timeouts | None:
    """Serve one exchange; return how long the next one may take, or None when the connection is not good for one."""
    request = origin_form(received)
    authority = (request.headers.first(b"host") or b"").decode("ascii", "replace")
    host, port = host_of(authority), port_of(authority, came_by.scheme)
    refusal = admit.refusal(request, downstream.stream.server_name, site.loop_mark)
    route = site.routes.match(host, path_of(request.target.decode("ascii", "replace")))
    if refusal is None and route is not None:
        refusal = admit.upgrade_refusal(request, site.routes.knows, own=route.service is None)
    if refusal is not None:
        kept = await answer(downstream, request, failures.refused(refusal.status, refusal.reason))
        return USUAL if kept else None
    if route is None:
        kept = await answer(downstream, request, failures.no_route(host, site.urls(host, came_by.scheme, port)))
        return USUAL if kept else None
    exchange = Exchange(downstream, site, came_by, request, route, port)
    return exchange.timeouts if await exchange.run() else None


async def answer(
    downstream: MessageStream, request: Request | None, failure: failures.Failure, tags: bytes = b""
) -> bool:
    """Answer in a service's place; tell whether the connection is good for another exchange."""
    response, body = failures.answer(failure, request, tags)
    _take_rest(downstream)
    if downstream.connection.their_state is State.SEND_BODY:  # its body still comes, and is not waited for
        response.headers.add(b"Connection", b"close")
    downstream.queue(response)
    if body:
        downstream.queue(Data(body))
    downstream.queue(EndOfMessage())
    await downstream.flush()
    return await _finished(downstream)


async def _finished(downstream: MessageStream) -> bool:
    """After a response: read away the end of the request, or linger and close when its body is still coming."""
    _take_rest(downstream)
    connection = downstream.connection
    if connection.our_state is State.DONE and connection.their_state is State.DONE:
        return True
    downstream.stream.write_eof()
    downstream.stream.deadline = asyncio.get_running_loop().time() + LINGER_SECONDS
    while await downstream.stream.read():
        pass
    return False


def _take_rest(downstream: MessageStream) -> None:
    """Read away what has come of the request's body. A mistake in it is known to the connection, which will end."""
    with suppress(RemoteProtocolError):
        while downstream.connection.their_state is State.SEND_BODY and downstream.poll() is not None:
            pass


async def _refuse(downstream: MessageStream, error: RemoteProtocolError) -> None:
    """Answer a message that must not be understood, and close."""
    if downstream.connection.our_state not in (State.IDLE, State.SEND_RESPONSE):
        downstream.stream.abort()
        return
    with suppress(StreamLostError):  # it did not wait for the answer
        await answer(downstream, None, failures.refused(error.status, f"{error}."))


class Exchange:
    """One request that has a route."""

    __slots__ = (
        "_bad_request", "_came_by", "_downstream", "_port", "_request", "_route",
        "_served", "_site", "_tags", "_upload", "_upstream", "timeouts",
    )  # fmt: skip

    def __init__(
        self, downstream: MessageStream, site: Site, came_by: Downstream, request: Request, route: Route, port: int
    ) -> None:
        self._downstream = downstream
        self._site = site
        self._came_by = came_by
        self._request = request
        self._route = route
        self._port = port
        self._served: Served | None = site.served.get(route.service.name) if route.service else None
        self.timeouts = route.service.timeouts if route.service else USUAL
        self._tags = self._snippet_tags()
        self._bad_request: RemoteProtocolError | None = None
        self._upload: asyncio.Task[None] | None = None
        self._upstream: Upstream | None = None

    def __repr__(self) -> str:
        return f"<Exchange {self._request.method!r} {self._request.target!r} by {self._route.name}>"

    async def run(self) -> bool:
        """Serve the exchange; tell whether the client's connection is good for another."""
        whole = False
        try:
            response = await self._answered()
            if isinstance(response, failures.Failure):
                return await answer(self._downstream, self._request, response, snippet(self._tags))
            if isinstance(response, InformationalResponse):
                await self._switch(response)
                return False
            await self._relay(response)
            whole = True
        finally:
            self._end(whole=whole)
        return await _finished(self._downstream)

    # Until there is an answer.

    async def _answered(self) -> Response | InformationalResponse | failures.Failure:
        """Return the head of the answer, or why there is none; a request lost to a restart is sent again."""
        for attempt in range(1, ATTEMPTS + 1):
            failure = await self._hold()
            if failure is not None:
                return failure
            try:
                return await self._ask()
            except UpstreamError as error:
                return failures.unreachable(self._route.name, str(self._route.origin), str(error), self._last_lines)
            except (StreamLostError, RemoteProtocolError) as error:
                if self._bad_request is None and attempt < ATTEMPTS and self._may_retry():
                    continue
                return self._failure(error)
        raise AssertionError("unreachable: the last attempt returns")

    async def _hold(self) -> failures.Failure | None:
        """Wait until the service is ready; return the page for a request that does not wait, or not longer."""
        served = self._served
        if served is None or served.backend.ready:
            return None
        backend = served.backend
        standing = hold.Standing(backend.ready, backend.coming, served.waiting)
        if hold.verdict(standing, 0.0) is hold.Verdict.WAIT:
            served.waiting += 1
            try:
                await backend.wait_ready(hold.LONGEST_WAIT)
            finally:
                served.waiting -= 1
        if backend.ready:
            return None
        name, lines, coming = self._route.name, backend.last_lines, backend.coming
        return failures.not_ready(name, backend.condition, backend.explanation, lines, coming=coming)

    async def _ask(self) -> Response | InformationalResponse:
        """Send the request; return the head of its final response, or of a 101."""
        # Only what could be sent again, and not a second time: an idle connection may end as it is used.
        reusable = self._upstream is None and may_retry(self._request, lost_idle=True, answered=False)
        upstream = self._upstream = await self._site.upstreams.connect(
            self._route.origin, may_reuse=reusable, seconds=self.timeouts.connect
        )
        upstream.stream.heard = False
        upstream.stream.deadline = asyncio.get_running_loop().time() + self.timeouts.answer
        self._downstream.stream.on_gone = upstream.stream.abort  # a client that leaves is seen upstream at once
        if self._downstream.stream.lost or self._downstream.stream.eof:  # it left while it waited
            upstream.stream.abort()
        mark, host = self._site.loop_mark, self._route.sent_host
        upstream.queue(forward_request(self._request, self._came_by, mark, whole_page=bool(self._tags), host=host))
        if not self._queue_body(upstream):
            self._upload = spawn(self._relay_request_body(upstream), "upload")
        await upstream.flush()
        return await self._receive_answer(upstream)

    async def _receive_answer(self, upstream: Upstream) -> Response | InformationalResponse:
        while True:
            event = await upstream.receive()
            if isinstance(event, InformationalResponse) and event.status_code != SWITCHING_PROTOCOLS:
                if self._request.http_version != b"1.0":
                    self._downstream.queue(event)
                    await self._downstream.flush()
                continue
            if isinstance(event, Response | InformationalResponse):
                upstream.stream.deadline = inf
                return event
            raise StreamLostError("the service closed the connection without an answer")

    def _queue_body(self, upstream: Upstream) -> bool:
        """Queue what has come of the request's body; tell whether that was all of it."""
        downstream = self._downstream
        if downstream.connection.their_state is not State.SEND_BODY:  # a retry: there was none
            upstream.queue(EndOfMessage())
            return True
        try:
            while (event := downstream.poll()) is not None:
                if isinstance(event, Data | EndOfMessage):
                    upstream.queue(event)
                if isinstance(event, EndOfMessage):
                    return True
        except RemoteProtocolError as error:
            self._bad_request = error
            upstream.stream.abort()  # half a body must never look whole
            raise
        return False

    async def _relay_request_body(self, upstream: Upstream) -> None:
        """Relay the rest of the request's body while the answer comes."""
        stream, loop = self._downstream.stream, asyncio.get_running_loop()
        try:
            while True:
                await upstream.flush()
                stream.deadline = loop.time() + self.timeouts.upload
                await self._downstream.more()
                if self._queue_body(upstream):
                    break
            await upstream.flush()
        except (StreamLostError, RemoteProtocolError):
            upstream.stream.abort()  # whoever waits for the answer sees it, and says why
        stream.deadline = inf  # not when cancelled: whoever did that has a deadline of its own

    def _may_retry(self) -> bool:
        upstream, stream = self._upstream, self._downstream.stream
        if upstream is None or stream.lost or stream.eof:
            return False
        restarting = self._served is not None and not self._served.backend.ready
        return may_retry(self._request, lost_idle=upstream.reused or restarting, answered=upstream.stream.heard)

    def _failure(self, error: Exception) -> failures.Failure:
        if self._bad_request is not None:
            return failures.refused(self._bad_request.status, f"{self._bad_request}.")
        if self._downstream.stream.lost or self._downstream.stream.eof:
            raise StreamLostError("the client went away") from error
        if isinstance(error, StreamTimeoutError):
            return failures.too_slow(self._route.name, self.timeouts.answer, self._last_lines)
        return failures.broken(self._route.name, str(error), self._last_lines)

    # With an answer.

    async def _relay(self, response: Response) -> None:
        """Relay the response. If it breaks off, so does ours: it must never look like a clean end."""
        assert self._upstream is not None
        try:
            head, inserted = self._dress(forward_response(response))
            self._downstream.queue(head)
            await self._relay_response_body(self._upstream, inject.Injector(inserted) if inserted else None)
            await self._downstream.flush()
        except (StreamLostError, RemoteProtocolError):
            self._downstream.stream.abort()
            raise

    async def _relay_response_body(self, upstream: Upstream, injector: inject.Injector | None) -> None:
        downstream = self._downstream
        while True:
            event = upstream.poll()
            if event is None:
                await downstream.flush()
                await upstream.more()
            elif isinstance(event, Data):
                if injector is not None:
                    event = Data(injector.feed(event.data))
                downstream.queue(event)
                if downstream.is_full:
                    await downstream.flush()
            elif isinstance(event, EndOfMessage):
                if injector is not None:
                    downstream.queue(Data(injector.close()))
                downstream.queue(event)
                return

    async def _switch(self, response: InformationalResponse) -> None:
        """Send the 101 and become a tunnel; bytes that came right after either head are not lost."""
        assert self._upstream is not None
        upstream, downstream = self._upstream, self._downstream
        downstream.queue(response)
        downstream.push()
        downstream.stream.write(upstream.connection.trailing_data[0])
        upstream.stream.write(downstream.connection.trailing_data[0])
        self._upstream = None  # the tunnel closes it, once what was written to it is sent
        await tunnel.join(downstream.stream, upstream.stream)

    def _end(self, *, whole: bool) -> None:
        """Let go of the upstream connection: back to the pool when both messages ended, else closed."""
        self._downstream.stream.on_gone = None
        if self._upload is not None:
            self._upload.cancel()
        if self._upstream is not None and whole:
            self._site.upstreams.release(self._upstream)
        elif self._upstream is not None:
            self._upstream.stream.abort()

    # Pages.

    @property
    def _last_lines(self) -> Sequence[str]:
        return self._served.backend.last_lines if self._served else ()

    def _snippet_tags(self) -> Sequence[Tag]:
        """Return the tags for the page that is asked for; none when it is no page load."""
        if self._served is None or not inject.is_page_load(self._request):
            return ()
        service = self._served.service
        url = service.livereload_url(self._came_by.scheme, self._port)
        return self._served.hooks.snippet(service, self._request, url)

    def _dress(self, response: Response) -> tuple[Response, bytes]:
        """Return the response's head as plugins and the snippet leave it, and the snippet."""
        served = self._served
        if served is None:
            return response, b""
        if served.hooks.edits_responses:
            served.hooks.response_headers(response.headers, response, self._request, served.service)
        if not inject.looks_like_html(response):
            return response, b""
        socket = served.service.livereload_origin(self._came_by.scheme, self._port).replace("http", "ws", 1)
        return page.dress(
            response,
            self._request,
            self._tags,
            sockets=[socket],
            adapts=served.service.livereload.csp == "adapt",
            spare_nonce=secrets.token_urlsafe(NONCE_OCTETS),
        )
