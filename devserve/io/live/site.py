"""What a livereload host answers beside its socket: the script, and tiny-lr's HTTP API."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from tornado.routing import URLSpec
from tornado.web import RequestHandler

from devserve.io.live.livereload import LiveSocket, LiveSockets
from devserve.live import tinylr
from devserve.live.origin import origin_host
from devserve.live.protocol import alert, reload
from devserve.live.rules import together


class LiveScript(RequestHandler):
    """livereload.js with our plugin in front of it."""

    def initialize(self, script: Callable[[str], bytes]) -> None:
        """Keep what the application gave."""
        self._script = script

    def set_default_headers(self) -> None:
        """Let every page load the script, and no page guess what it is.

        `cross-origin`: pages that ask for Cross-Origin-Embedder-Policy load nothing without this field, and services of
        several sites may share a livereload host (each NAME.localhost is a site of its own). The script is the same
        public file for everyone, so there is nothing in it to keep from another site.
        """
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-cache")

    def get(self) -> None:
        """Answer with the script; 304 when the page has it."""
        self.set_header("Content-Type", "application/javascript; charset=utf-8")
        self.finish(self._script(self.request.host_name))

    def head(self) -> None:
        """Answer with the head alone."""
        self.get()


class TinyLr(RequestHandler):
    """What all of tiny-lr's answers share."""

    def initialize(self, live: LiveSockets) -> None:
        """Keep what the application gave."""
        self._live = live

    def set_default_headers(self) -> None:
        """No page of another site may read who is connected."""
        self.set_header("Cross-Origin-Resource-Policy", "same-site")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        """Refuse what a page of another site causes (DESIGN 5.5)."""
        if self.request.method == "POST" and tinylr.is_from_browser(self.request.headers):
            host = origin_host(self.request.headers.get("Origin", ""))
            if host is None or not self._live.allows(host):
                self.refuse(HTTPStatus.FORBIDDEN, tinylr.REFUSED_ORIGIN)

    def answer(self, text: str) -> None:
        """Answer with JSON, as tiny-lr does."""
        self.set_header("Content-Type", "application/json")
        self.finish(text)

    def refuse(self, status: HTTPStatus, sentence: str) -> None:
        """Answer with a sentence."""
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{sentence}\n")

    def not_found(self) -> None:
        """Answer that there is no such route."""
        self.set_status(HTTPStatus.NOT_FOUND)
        self.answer(tinylr.NOT_FOUND)

    def notice(self) -> tinylr.Notice | None:
        """Return what the request says, or None when it cannot be read and has been answered."""
        request = self.request
        try:
            return tinylr.notice_in(request.query, request.headers.get("Content-Type", ""), request.body)
        except ValueError as error:
            self.refuse(HTTPStatus.BAD_REQUEST, f"{error}.")
            return None


class Welcome(TinyLr):
    """`GET /`."""

    def get(self) -> None:
        """Answer as a tiny-lr does that has no dashboard."""
        self.answer(tinylr.welcome())


class Changed(TinyLr):
    """`/changed`: files that changed, told by something else than devserve."""

    def get(self) -> None:
        """Do what a POST does, but not for a browser: an image in any page could ask."""
        if tinylr.is_from_browser(self.request.headers):
            self.refuse(HTTPStatus.FORBIDDEN, tinylr.REFUSED_GET)
        else:
            self.post()

    def post(self) -> None:
        """Tell the pages of this livereload host."""
        notice = self.notice()
        if notice is not None:
            host = self.request.host_name
            self._live.tell_host(host, together([reload(file) for file in notice.files if file]))
            self.answer(tinylr.changed(self._live.clients(host), notice.files))


class Alert(TinyLr):
    """`/alert`: a text for a dialog."""

    def post(self) -> None:
        """Show it in the pages of this livereload host."""
        notice = self.notice()
        if notice is not None:
            host = self.request.host_name
            self._live.tell_host(host, [alert(notice.message)] if notice.message else [])
            self.answer(tinylr.alerted(self._live.clients(host), notice.message))

    def get(self) -> None:
        """Answer that there is no such route."""
        self.not_found()


class NotFound(TinyLr):
    """Anything else, `/kill` among it."""

    def get(self) -> None:
        """Answer as tiny-lr does."""
        self.not_found()

    def post(self) -> None:
        """Answer as tiny-lr does."""
        self.not_found()


def livereload_handlers(live: LiveSockets, script: Callable[[str], bytes]) -> list[URLSpec]:
    """Return the endpoints for an application that answers at the livereload hosts.

    `script` returns the script for a livereload host.
    """
    given = {"live": live}
    return [
        URLSpec(r"/livereload\.js", LiveScript, {"script": script}),
        URLSpec(r"/livereload", LiveSocket, given),
        URLSpec(r"/", Welcome, given),
        URLSpec(r"/changed", Changed, given),
        URLSpec(r"/alert", Alert, given),
        URLSpec(r"/.*", NotFound, given),
    ]
