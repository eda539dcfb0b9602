"""devserve's own pages: an ordinary Tornado application, reached through the proxy like any service.

It listens on no port and no file: each connection is a socket pair of this process, so nobody else can reach it and
nothing is left behind after `kill -9`.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.routing import Rule
from tornado.web import Application, RequestHandler

from devserve.proxy import authority_page

IDLE_SECONDS = 3600.0  # the proxy's pool closes idle connections first
PING = 30.0  # seconds; a page that is gone without a word is noticed after two of these
LARGEST_BODY = 1024 * 1024  # bytes; a list of changed files is far from it


class PublicCertificate(RequestHandler):
    """The CA's public certificate at every host: a page for browsers, PEM for all else."""

    def initialize(self, certificate: authority_page.Certificate) -> None:
        """Keep what the application gave."""
        self._certificate = certificate

    def get(self, file: str | None) -> None:
        """Answer with the page or the certificate, the fingerprint in a field of the response."""
        self.set_header(authority_page.FINGERPRINT_FIELD, self._certificate.fingerprint)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Vary", "Accept")
        if not file and "text/html" in self.request.headers.get("Accept", ""):
            self.set_header("Content-Security-Policy", authority_page.POLICY)
            self.finish(authority_page.page(self._certificate))
            return
        # The type that phones offer to install.
        self.set_header("Content-Type", "application/x-x509-ca-cert" if file else "application/x-pem-file")
        self.finish(self._certificate.pem)

    head = get


def _log_nothing(_: RequestHandler) -> None:
    """The proxy has an access log of its own; Tornado's would know no client."""


class Builtin:
    """The application and its connections."""

    def __init__(
        self,
        rules: Sequence[Rule],
        certificate: authority_page.Certificate,
    ) -> None:
        public = (
            rf"{re.escape(authority_page.PATH)}(/{re.escape(authority_page.FILE.rpartition('/')[2])})?",
            PublicCertificate,
            {"certificate": certificate},
        )
        self._public = public
        # Among the rules is one for all else.
        self._application = Application([public, *rules], log_function=_log_nothing, websocket_ping_interval=PING)
        self._server = HTTPServer(self._application, idle_connection_timeout=IDLE_SECONDS, max_body_size=LARGEST_BODY)

    def add(self, host: str, rules: Sequence[Rule]) -> None:
        """Answer at a host of our own by these rules, among which is one for all else."""
        self._application.add_handlers(re.escape(host), [self._public, *rules])

    def connect(self) -> socket.socket:
        """Return our end of a new connection to the application."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        self._server.handle_stream(IOStream(theirs), ("127.0.0.1", 0))
        return ours

    async def close(self) -> None:
        """Close every connection to the application."""
        await self._server.close_all_connections()
