"""What a page is dressed with: its tags, its head as plugins leave it, and what its body goes through."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from devserve.http1 import Request, Response
from devserve.io.proxy import plugged
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.site import Served
from devserve.proxy import hot_client
from devserve.proxy.pages import page, pageload
from devserve.proxy.pages.own_script import Address
from devserve.proxy.pages.rewriting import Rewriting
from devserve.proxy.pages.tags import Tag
from devserve.proxy.routes import Route

NONCE_OCTETS: Final = 16  # CSP3, section 7.1: at least 128 bits


class Dressing:
    """For the answer to one request by one route. `served` is None for devserve's own pages."""

    __slots__ = ("_made_tags", "_port", "_request", "_route", "_scheme", "_served")

    def __init__(self, request: Request, route: Route, served: Served | None, scheme: str, port: int) -> None:
        self._request = request
        self._route = route
        self._served = served
        self._scheme = scheme
        self._port = port
        self._made_tags: Sequence[Tag] | None = None

    def __repr__(self) -> str:
        return f"<Dressing {self._route.name} {self._request.target!r}>"

    @property
    def tags(self) -> Sequence[Tag]:
        """The tags for the page that is asked for; none when it is no page load."""
        if self._made_tags is None:
            self._made_tags = ()
            if self._served is not None and pageload.is_page_load(self._request):
                service = self._served.service
                if self._route.stands_in:  # it has not the hot client of a development server that is down
                    service = replace(service, dev_server="")
                url = service.livereload_url(self._scheme, self._port)
                self._made_tags = self._served.hooks.snippet(service, self._request, url)
        return self._made_tags

    def dress(self, response: Response, upstream: MessageStream) -> tuple[Response, Rewriting | None]:
        """Return the response's head as plugins leave it, and what its page goes through when it may get a snippet.

        What has come of its body is looked at in `upstream`, and stays there.
        """
        served = self._served
        if served is None:
            return page.of_devserve(response), None
        if served.hooks.edits_responses:
            response = plugged.edited_response(served, response, self._request)
        if not pageload.looks_like_html(response) and not (pageload.may_be_html(response) and self.tags):
            return response, None
        self._look_for_hot_client(served, upstream)
        livereload = served.service.livereload
        varies = livereload.inject is not False and livereload.source != "off"
        return page.dress(response, self._request, self._wish(served) if self.tags else None, varies=varies)

    def _look_for_hot_client(self, served: Served, upstream: MessageStream) -> None:
        """A page that brings a hot client gets no second one, from the first page on; its beginning tells."""
        if self.tags and not served.service.dev_server:
            found = hot_client.within(upstream.connection.trailing_data[0])
            if found:
                served.has_hot_client(found)
                self._made_tags = None  # plugins' own tags stay

    def _wish(self, served: Served) -> page.Wish:
        livereload = served.service.livereload
        origin = served.service.livereload_origin(self._scheme, self._port)
        return page.Wish(
            self.tags,
            Address(self._scheme, self._port, origin),
            origin.replace("http", "ws", 1),
            secrets.token_urlsafe(NONCE_OCTETS),
            adapts=livereload.csp == "adapt",
        )
