"""One request and its responses, from the head of the request to the last byte back.

    hold until the service is ready → dial → forward the request → relay its body while the answer comes →
    forward the response → perhaps inject → relay its body

A WebSocket is the same exchange, ending in a tunnel.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from math import inf

from devserve.config.values import Timeouts
from devserve.errors import RemoteProtocolError, UpstreamError
from devserve.http1 import Data, EndOfMessage, InformationalResponse, Request, Response, State
from devserve.io import tunnel
from devserve.io.answers import answer, finished
from devserve.io.messages import MessageStream
from devserve.io.site import Served, Site
from devserve.io.streams import StreamLostError, StreamTimeoutError
from devserve.io.tasks import spawn
from devserve.io.upstream import Upstream
from devserve.proxy import failures, hold, host_refusal, hot_client, inject, page
from devserve.proxy.forward import Downstream, forward_request, forward_response, may_retry
from devserve.proxy.routes import Route, host_of
from devserve.proxy.tags import Tag, snippet

LOG = logging.getLogger("devserve")
USUAL = Timeouts()  # for what no service answers
ATTEMPTS = 3
SWITCHING_PROTOCOLS = 101
REQUEST_TIMEOUT = 408  # RFC 9110, section 15.5.9
NONCE_OCTETS = 16  # CSP3, section 7.1: at least 128 bits


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
        if downstream.entry is not None:
            downstream.entry.service = route.name

    def __repr__(self) -> str:
        return f"<Exchange {self._request.method!r} {self._request.target!r} by {self._route.name}>"

    async def run(self) -> bool:
        """Serve the exchange; tell whether the client's connection is good for another."""
        whole = False
        try:
            response = await self._answered()
            if isinstance(response, failures.Failure):
                self._end(whole=False)  # at once: nobody else may read the client's bytes, or wait for its end
                return await answer(self._downstream, self._request, response, snippet(self._tags))
            if isinstance(response, InformationalResponse):
                await self._switch(response)
                return False
            await self._relay(response)
            whole = True
        finally:
            self._end(whole=whole)
        return await finished(self._downstream)

    # Until there is an answer.

    async def _answered(self) -> Response | InformationalResponse | failures.Failure:
        """Return the head of the answer, or why there is none; a request lost to a restart is sent again."""
        for attempt in range(1, ATTEMPTS + 1):
            failure = await self._hold()
            if failure is not None:
                return failure
            try:
                response = await self._ask()
                return await self._refused_host(response) or response
            except UpstreamError as error:
                started = self._served is not None and bool(self._served.service.command)
                origin, lines = str(self._route.origin), self._last_lines
                return failures.unreachable(self._route.name, origin, str(error), lines, started=started)
            except (StreamLostError, RemoteProtocolError) as error:
                if self._upstream is not None:
                    self._upstream.stream.abort()  # it may have ended on the other side alone
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
        if self._downstream.entry is not None:
            self._downstream.entry.asks()
        upstream = self._upstream = await self._site.upstreams.connect(
            self._route.origin, may_reuse=reusable, seconds=self.timeouts.connect
        )
        upstream.stream.heard = False
        upstream.stream.deadline = asyncio.get_running_loop().time() + self.timeouts.answer
        self._downstream.stream.on_gone = upstream.stream.abort  # a client that leaves is seen upstream at once
        if self._downstream.stream.lost or self._downstream.stream.eof:  # it left while it waited
            upstream.stream.abort()
        mark, host = self._site.loop_mark, self._route.sent_host
        whole_page = bool(self._tags) and inject.asks_for_page(self._request)
        upstream.queue(forward_request(self._request, self._came_by, mark, whole_page=whole_page, host=host))
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
                if self._downstream.entry is not None:
                    self._downstream.entry.answered()
                return event
            raise StreamLostError("the service closed the connection without an answer")

    async def _refused_host(self, response: Response | InformationalResponse) -> failures.Failure | None:
        """Return a page that names the setting when a development server refuses our host; else None."""
        upstream, served = self._upstream, self._served
        if served is None or upstream is None or isinstance(response, InformationalResponse):
            return None
        if not host_refusal.may_refuse(response):
            return None
        if not upstream.connection.trailing_data[0]:  # looked at, not taken
            await upstream.more()
        beginning = upstream.connection.trailing_data[0]
        tool = host_refusal.refusing(self._request, response, beginning, served.service.dev_server)
        return None if tool is None else self._refusal_of(tool, served)

    def _refusal_of(self, tool: host_refusal.Tool, served: Served) -> failures.Failure:
        host = host_of((self._request.headers.first(b"host") or b"").decode("latin-1"))
        if served.refused_host != host:
            served.refused_host = host
            LOG.warning("%s", host_refusal.warning(self._route.name, tool, host))
        return host_refusal.failure(self._route.name, tool, host)

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
                await self._more_of_body()
                if upstream.stream.deadline < inf:  # an upload may last longer than an answer
                    upstream.stream.deadline = loop.time() + self.timeouts.answer
                if self._queue_body(upstream):
                    break
            await upstream.flush()
        except (StreamLostError, RemoteProtocolError):
            upstream.stream.abort()  # whoever waits for the answer sees it, and says why
        stream.deadline = inf  # not when cancelled: whoever did that has a deadline of its own

    async def _more_of_body(self) -> None:
        try:
            await self._downstream.more()
        except StreamTimeoutError as error:
            said = f"nothing of the request's body came within {self.timeouts.upload:g} seconds"
            self._bad_request = RemoteProtocolError(said, REQUEST_TIMEOUT)
            raise self._bad_request from error

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
        tool = host_refusal.refuses_socket(self._request) if isinstance(error, RemoteProtocolError) else None
        if tool is not None and self._served is not None:
            return self._refusal_of(tool, self._served)
        return failures.broken(self._route.name, str(error), self._last_lines)

    # With an answer.

    async def _relay(self, response: Response) -> None:
        """Relay the response. If it breaks off, so does ours: it must never look like a clean end."""
        assert self._upstream is not None
        self._look_for_hot_client()
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
        if self._served is not None:
            self._served.has_hot_client(hot_client.asking(self._request))
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

    def _look_for_hot_client(self) -> None:
        """A page that brings a hot client gets no second one, from the first page on; its beginning tells."""
        if self._tags and self._served is not None and self._upstream is not None:
            found = hot_client.within(self._upstream.connection.trailing_data[0])
            if found and not self._served.service.dev_server:
                self._served.has_hot_client(found)
                self._tags = self._snippet_tags()

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
