"""One request and its responses, from the head of the request to the last byte back.

    hold until the service is ready → dial → forward the request → relay its body while the answer comes →
    forward the response → perhaps inject → relay its body

A WebSocket is the same exchange, ending in a tunnel.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from math import inf
from typing import Final

from devserve.errors import RemoteProtocolError, StreamLostError, StreamTimeoutError, UpstreamError
from devserve.http1 import InformationalResponse, Request, Response
from devserve.io.proxy import plugged, tunnel
from devserve.io.proxy.answers import USUAL, answer, finished
from devserve.io.proxy.dressing import Dressing
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.relay import relay
from devserve.io.proxy.site import Served, Site
from devserve.io.proxy.upload import Upload
from devserve.io.proxy.upstream import Upstream
from devserve.proxy import failures, fallback, hold, host_refusal, hot_client, remote
from devserve.proxy.forward import Downstream, forward_interim, forward_request, forward_response, has_body, may_retry
from devserve.proxy.pages import pageload
from devserve.proxy.pages.tags import snippet
from devserve.proxy.routes import Route, host_of

LOG = logging.getLogger("devserve")
ATTEMPTS: Final = 3
SWITCHING_PROTOCOLS: Final = 101
PATIENCE: Final = 0.05  # seconds for the words of a refusal behind its head


class Exchange:
    """One request that has a route."""

    __slots__ = (
        "_came_by", "_downstream", "_dressing", "_port", "_request", "_route", "_sent",
        "_served", "_site", "_upload", "_upstream", "timeouts",
    )  # fmt: skip

    def __init__(
        self, downstream: MessageStream, site: Site, came_by: Downstream, request: Request, route: Route, port: int
    ) -> None:
        self._downstream = downstream
        self._site = site
        self._came_by = came_by
        self._request = self._sent = request
        self._port = port
        self._take(route)
        self._upload = Upload(downstream, self.timeouts)
        self._upstream: Upstream | None = None
        if downstream.entry is not None:
            downstream.entry.service = route.name

    def _take(self, route: Route) -> None:
        self._served: Served | None = self._site.served.get(route.name) if route.service else None
        self.timeouts = route.service.timeouts if route.service else USUAL
        self._ask_by(route)

    def _ask_by(self, route: Route) -> None:
        self._route = route
        self._dressing = Dressing(self._request, route, self._served, self._came_by.scheme, self._port)

    def __repr__(self) -> str:
        return f"<Exchange {self._request.method!r} {self._request.target!r} by {self._route.name}>"

    async def run(self) -> bool:
        """Serve the exchange; tell whether the client's connection is good for another."""
        whole = False
        try:
            given = None
            if self._served is not None and self._served.hooks.on_requests:
                given, self._sent = plugged.ask(self._served, self._request)
            response = given or await self._answered()
            if isinstance(response, Response):
                await self._relay(response)
                whole = True
            elif isinstance(response, InformationalResponse):
                await self._switch(response)
                return False
            else:
                self._end(whole=False)  # at once: nobody else may read the client's bytes, or wait for its end
                return await answer(self._downstream, self._request, response, snippet(self._dressing.tags).encode())
        finally:
            self._end(whole=whole)
        return self._downstream.connection.is_done or await finished(self._downstream)

    @property
    def _service(self) -> Served | None:
        """The service if it is who is asked, and not devserve itself or its fallback."""
        return None if self._route.stands_in else self._served

    @property
    def _remotes(self) -> tuple[remote.Pair, ...]:
        """The remote that is asked and those that it may lead to; none for what is on this machine."""
        if self._route.remote is None:
            return ()
        host = self._request.headers.first(b"host") or b""
        return remote.pairs_of(self._route, self._site.routes.to_remotes, self._came_by.scheme, host)

    # Until there is an answer.

    async def _answered(self) -> Response | InformationalResponse | failures.Failure:
        """Return the head of the answer, or why there is none; a request lost to a restart is sent again."""
        for attempt in range(1, ATTEMPTS + 1):
            if not self._is_ready and (failure := await self._until_ready()) is not None:
                return failure
            starts = self._served.backend.starts if self._served is not None else 0
            try:
                response = await self._ask()
                if (service := self._service) is not None and host_refusal.may_refuse(response):
                    return await self._refused_host(response, service) or response
                return response
            except (UpstreamError, StreamLostError, RemoteProtocolError) as error:
                lost = self._lost(error, starts, last=attempt == ATTEMPTS)
                if lost is not None:
                    return lost
        raise AssertionError("unreachable: the last attempt returns")

    def _lost(self, error: Exception, starts: int, *, last: bool) -> failures.Failure | None:
        """Return the page for a request that got no answer; None when it is to be sent again, perhaps elsewhere."""
        if not isinstance(error, UpstreamError):
            if self._upstream is not None:
                self._upstream.stream.abort()  # it may have ended on the other side alone
            again = self._upload.wrong is None and not last and self._may_retry(starts)
            return None if again else self._failure(error)
        if last or not self._is_restarted(starts):  # nothing was sent
            if last or self._route.fallback is None or self._is_started:
                return self._unreachable(error)
            self._ask_by(self._route.fallback)  # what something else starts runs when it takes connections
        return None

    @property
    def _is_ready(self) -> bool:
        """Whether who is asked answers, and is still what is served."""
        served = self._served
        return served is None or (self._site.serves(served) and (self._route.stands_in or served.backend.ready))

    async def _until_ready(self) -> failures.Failure | None:
        """Wait for the service, or what a new configuration puts in its place; return a page instead of an answer."""
        while self._served is not None:
            if not self._site.serves(self._served):
                route = self._site.routes.find(self._host, self._request.target)
                if route is None:
                    return failures.no_route(self._host, self._site.urls(self._host, self._came_by.scheme, self._port))
                self._take(route)
            elif self._is_ready:
                return None
            elif (failure := await self._hold(self._served)) is not None and self._site.serves(self._served):
                return failure
        return None

    async def _hold(self, served: Served) -> failures.Failure | None:
        """Wait until the service is ready; return the page for a request that does not wait, or not longer."""
        backend = served.backend
        verdict = hold.verdict(served.standing(self._route), 0.0)
        if verdict is hold.Verdict.WAIT:
            try:
                await served.wait_ready(hold.weight(has_body=has_body(self._request)), self._downstream.stream)
            finally:
                if self._downstream.entry is not None:
                    self._downstream.entry.waited()
            verdict = hold.verdict(served.standing(self._route), hold.LONGEST_WAIT)
        if verdict is hold.Verdict.FALL_BACK and self._route.fallback is not None:
            self._ask_by(self._route.fallback)
            return None
        if verdict is hold.Verdict.GO:
            return None
        name, lines, coming = self._route.name, backend.last_lines, backend.coming
        if would_run := served.service.would_run:
            return failures.not_allowed(name, backend.explanation, would_run)
        return failures.not_ready(name, backend.condition, backend.explanation, lines, coming=coming)

    async def _ask(self) -> Response | InformationalResponse:
        """Send the request; return the head of its final response, or of a 101."""
        downstream, upstreams = self._downstream, self._site.upstreams
        if downstream.entry is not None:
            downstream.entry.asks()
        upstream = None
        # Only what could be sent again, and not a second time: an idle connection may end as it is used.
        if self._upstream is None and may_retry(self._request, lost_idle=True, answered=False):
            upstream = upstreams.take(self._route, downstream.stream.loop.time())
        if upstream is None:
            upstream = await upstreams.dial(self._route, self.timeouts.connect)
        if downstream.entry is not None:
            downstream.entry.connected()
        self._upstream = upstream
        self._send_request(upstream)
        if not upstream.stream.is_clear:
            await upstream.stream.drain()
        await upstream.more()  # nothing can have come before
        while (response := self._answer_of(upstream)) is None:
            if not downstream.stream.is_clear:
                await downstream.stream.drain(self.timeouts.download)
            await upstream.more()
        return response

    def _send_request(self, upstream: Upstream) -> None:
        """Write the request with what has come of its body; the rest is relayed while the answer comes."""
        downstream = self._downstream
        upstream.stream.heard = False
        upstream.stream.deadline = downstream.stream.loop.time() + self.timeouts.answer
        downstream.stream.on_gone = upstream.stream.abort  # a client that leaves is seen upstream at once
        if downstream.stream.lost or downstream.stream.eof:  # it left while it waited
            upstream.stream.abort()
        mark, route = self._site.loop_mark, self._route
        whole_page = pageload.asks_for_page(self._request) and bool(self._dressing.tags)
        request = forward_request(
            self._sent, self._came_by, mark, whole_page=whole_page, host=route.sent_host, remotes=self._remotes
        )
        if route.stands_in:
            request = fallback.as_asked(request)
        self._upload.begin(request, upstream)
        upstream.push()

    def _answer_of(self, upstream: Upstream) -> Response | InformationalResponse | None:
        """Return the head of the answer if it has come; what comes before it is passed on."""
        while (event := upstream.poll()) is not None:
            if isinstance(event, Response) or (
                isinstance(event, InformationalResponse) and event.status_code == SWITCHING_PROTOCOLS
            ):
                upstream.stream.deadline = inf
                if self._downstream.entry is not None:
                    self._downstream.entry.answered()
                return event
            if not isinstance(event, InformationalResponse):
                raise StreamLostError("the service closed the connection without an answer")
            if self._request.http_version != b"1.0":
                interim = forward_interim(event)
                self._bring_home(interim)
                self._downstream.queue(interim)
                self._downstream.push()
        return None

    async def _refused_host(self, response: Response, served: Served) -> failures.Failure | None:
        """Return a page that names the setting when a development server refuses our host; else None."""
        upstream = self._upstream
        assert upstream is not None
        if not upstream.connection.has_unread:
            with suppress(TimeoutError):  # a refusal comes with its head; nobody else's body is waited for
                async with asyncio.timeout(PATIENCE):
                    await upstream.more()
        beginning = upstream.connection.trailing_data[0]  # looked at, not taken
        tool = host_refusal.refusing(self._request, response, beginning, served.service.dev_server)
        return None if tool is None else self._refusal_of(tool, served)

    def _refusal_of(self, tool: host_refusal.Tool, served: Served) -> failures.Failure:
        host = self._host
        if served.refused_host != host:
            served.refused_host = host
            LOG.warning("%s", host_refusal.warning(self._route.name, tool, host))
        return host_refusal.failure(self._route.name, tool, host, served.backend.last_lines)

    @property
    def _host(self) -> str:
        return host_of((self._request.headers.first(b"host") or b"").decode("latin-1"))

    @property
    def _is_started(self) -> bool:
        """Whether devserve starts the service itself."""
        return self._served is not None and bool(self._served.service.command)

    def _unreachable(self, error: UpstreamError) -> failures.Failure:
        name, origin, lines = self._route.name, self._route.origin, self._last_lines
        if self._route.stands_in:
            condition = self._served.backend.condition if self._is_started and self._served else "not running"
            return failures.no_fallback(name, condition, str(origin), str(error), lines)
        return failures.unreachable(name, origin, str(error), lines, started=self._is_started)

    def _is_restarted(self, starts: int) -> bool:
        """Tell whether another process, or what a new configuration has put in its place, answers from now on."""
        service = self._service
        return not self._site.serves(self._served) or (service is not None and service.is_restarted(starts))

    def _may_retry(self, starts: int) -> bool:
        upstream, stream = self._upstream, self._downstream.stream
        if upstream is None or stream.lost or stream.eof:
            return False
        lost_idle = upstream.reused or self._is_restarted(starts)
        return may_retry(self._request, lost_idle=lost_idle, answered=upstream.stream.heard)

    def _failure(self, error: Exception) -> failures.Failure:
        if (wrong := self._upload.wrong) is not None:
            return failures.refused(wrong.status, f"{wrong}.")
        if self._downstream.stream.lost or self._downstream.stream.eof:
            raise StreamLostError("the client went away") from error
        if isinstance(error, StreamTimeoutError):
            return failures.too_slow(self._route.name, self.timeouts.answer, self._last_lines)
        tool = host_refusal.refuses_socket(self._request) if isinstance(error, RemoteProtocolError) else None
        if tool is not None and self._served is not None:
            return self._refusal_of(tool, self._served)
        return failures.broken(self._route.name, str(error), self._last_lines)

    @property
    def _last_lines(self) -> Sequence[str]:
        return self._served.backend.last_lines if self._served else ()

    # With an answer.

    async def _relay(self, response: Response) -> None:
        assert self._upstream is not None
        returned = forward_response(response)
        self._bring_home(returned)
        head, rewriting = self._dressing.dress(returned, self._upstream)
        await relay(self._upstream, self._downstream, head, rewriting, self.timeouts.download)
        if rewriting is not None and self._served is not None:
            self._served.say_policy(rewriting.changes)

    def _bring_home(self, head: Response | InformationalResponse) -> None:
        """Replace the names of a remote in an answer's head by ours, and say when it comes from the fallback."""
        if remotes := self._remotes:
            head.headers = remote.from_remote(head.headers, remotes)
        if self._route.stands_in:
            head.headers = fallback.as_answered(head.headers)

    async def _switch(self, response: InformationalResponse) -> None:
        """Send the 101 and become a tunnel; bytes that came right after either head are not lost."""
        assert self._upstream is not None
        if (service := self._service) is not None:
            service.has_hot_client(hot_client.asking(self._request))
        upstream, downstream = self._upstream, self._downstream
        self._bring_home(response)
        downstream.queue(response)
        downstream.push()
        sent, received = upstream.connection.trailing_data[0], downstream.connection.trailing_data[0]
        downstream.stream.write(sent)
        upstream.stream.write(received)
        self._upstream = None  # the tunnel closes it, once what was written to it is sent
        try:
            await tunnel.join(downstream.stream, upstream.stream)
        finally:
            if downstream.entry is not None:
                downstream.entry.tunnelled(len(received) + downstream.stream.passed, len(sent) + upstream.stream.passed)

    def _end(self, *, whole: bool) -> None:
        """Let go of the upstream connection: back to the pool when both messages ended, else closed."""
        self._downstream.stream.on_gone = None
        self._upload.cancel()
        if self._upstream is not None and whole:
            self._site.upstreams.release(self._upstream)
        elif self._upstream is not None:
            self._upstream.stream.abort()
