"""The livereload host's two endpoints: the script and the socket (protocol 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from importlib.resources import files

from tornado.routing import URLSpec
from tornado.web import RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from devserve.errors import RemoteProtocolError
from devserve.live.audience import Audience, ServiceFor, ServicesAt
from devserve.live.origin import origin_host
from devserve.live.protocol import OFFICIAL_7, Hello, Info, Other, Said, Url, hello, loads_page, parse

LARGEST_FRAME = 64 * 1024  # bytes that a page may say at once
LARGEST_BACKLOG = 256 * 1024  # bytes that a page may leave unread before it is given up
MOST_SOCKETS = 1000
LEAVING = 1.0  # seconds in which a page goes that was told to load itself again
LONGEST_LOAD = 10.0  # seconds from an order to load the page to the socket of the new one
HANDSHAKE = 5.0  # seconds; livereload.js waits as long for our half
PING = 30.0  # seconds; a page that is gone without a word is noticed after two of these

# RFC 6455, section 7.4.1
GOING_AWAY = 1001
PROTOCOL_ERROR = 1002
POLICY_VIOLATION = 1008


class LiveSockets:
    """The pages that are connected: who may connect, and who hears of a change."""

    def __init__(
        self,
        service_for: ServiceFor,
        services_at: ServicesAt,
        allowed_origin: Callable[[str], bool],
        handshake: float = HANDSHAKE,
    ) -> None:
        self._audience: Audience[LiveSocket] = Audience(service_for, services_at)
        self._allowed_origin = allowed_origin
        self._open: set[LiveSocket] = set()
        self._missed: dict[str, tuple[float, tuple[str, ...]]] = {}  # by service: until when, and what
        self.handshake = handshake

    def __repr__(self) -> str:
        return f"<LiveSockets {len(self._audience)} of {len(self._open)} greeted>"

    def refusal(self, origin: str | None) -> str:
        """Return why a page may not connect, or "" when it may (DESIGN 5.4)."""
        if len(self._open) >= MOST_SOCKETS:
            return f"{MOST_SOCKETS} pages are connected, that is the limit: close some"
        if origin is None:
            return "no Origin field: only pages may connect"
        host = origin_host(origin)
        if host is None or not self._allowed_origin(host):
            return f"the origin {origin!r} is not one of the hosts in devserve.toml: add it there if it should be"
        return ""

    def opened(self, socket: LiveSocket) -> None:
        """Count a socket that has not said hello yet."""
        self._open.add(socket)

    def hear(self, socket: LiveSocket, said: Said) -> None:
        """Take in what a page says.

        Raises `RemoteProtocolError` when it does not begin with a hello that offers protocol 7.
        """
        match said:
            case Hello(protocols) if OFFICIAL_7 in protocols:
                self._audience.join(socket, socket.request.host_name)
                socket.send(hello())
            case Hello():
                raise RemoteProtocolError("a page does not speak protocol 7")
            case _ if not socket.greeted:
                raise RemoteProtocolError("a page spoke before it said hello")
            case Info(url, plugins):
                self._audience.locate(socket, url, plugins)
                self._tell_missed(socket)
            case Url(url):
                self._audience.locate(socket, url)
            case Other():
                pass

    def _tell_missed(self, socket: LiveSocket) -> None:
        for service, (until, messages) in tuple(self._missed.items()):
            if socket in self._audience.hearing(service):
                del self._missed[service]
                if asyncio.get_running_loop().time() < until:
                    self.tell(service, messages)

    def left(self, socket: LiveSocket) -> None:
        """Forget a socket."""
        self._open.discard(socket)
        self._audience.leave(socket)

    def tell(self, service: str, messages: Sequence[str]) -> int:
        """Send messages to the pages of a service and return how many there are; never waits for any of them.

        A page that is leaving because of an earlier message may lose these: the page in its place is told again.
        """
        now, told = asyncio.get_running_loop().time(), 0
        for page in self._audience.hearing(service):
            told += all(page.send(message) for message in messages)
            if now < page.leaving_until:
                self._missed[service] = (now + LONGEST_LOAD, tuple(messages))
            if any(loads_page(message) for message in messages):
                page.leaving_until = now + LEAVING
        return told

    def close(self) -> None:
        """Close every socket."""
        for socket in tuple(self._open):
            socket.give_up(GOING_AWAY, "devserve ends")


class LiveSocket(WebSocketHandler):
    """One page's socket."""

    def initialize(self, live: LiveSockets) -> None:
        """Keep what the application gave."""
        self._live = live
        self._unsent = 0  # bytes
        self._deadline: asyncio.TimerHandle | None = None
        self.greeted = False
        self.leaving_until = 0.0  # it was told to load itself again

    def prepare(self) -> None:
        """Refuse pages of other origins.

        Here and not in `check_origin`, which Tornado 6.6 no longer asks when the Origin field is missing.
        """
        refusal = self._live.refusal(self.request.headers.get("Origin"))
        if refusal:
            self.set_status(403)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(refusal)

    def check_origin(self, origin: str) -> bool:
        """Return True: `prepare` has decided, and it knows the Origin that Tornado would compare with our Host."""
        return True

    @property
    def max_message_size(self) -> int:
        """The largest frame that is read."""
        return LARGEST_FRAME

    @property
    def ping_interval(self) -> float:
        """Seconds between pings; a page that does not answer within another such time is closed."""
        return PING

    def open(self, *_: str, **__: str) -> None:
        """Expect the page's hello."""
        self.set_nodelay(True)
        self._live.opened(self)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._live.handshake, self.give_up, POLICY_VIOLATION, "no hello in time")

    def on_message(self, message: str | bytes) -> None:
        """Take a frame in; a malformed one closes this socket and no other."""
        try:
            said = parse(message)
            self._live.hear(self, said)
        except RemoteProtocolError as error:
            self.give_up(PROTOCOL_ERROR, str(error))
            return
        if isinstance(said, Hello):
            self.greeted = True
            self._cancel_deadline()

    def on_close(self) -> None:
        """Leave the audience."""
        self._cancel_deadline()
        self._live.left(self)

    def send(self, message: str) -> bool:
        """Queue a message for the page and return whether that was possible; a page that does not read is given up."""
        size = len(message)
        if self._unsent + size > LARGEST_BACKLOG:
            self.give_up(POLICY_VIOLATION, "messages are not read")
            return False
        try:
            sent = self.write_message(message)
        except WebSocketClosedError:
            return False
        self._unsent += size
        sent.add_done_callback(lambda future: self._sent(size, future))
        return True

    def give_up(self, code: int, reason: str) -> None:
        """Leave the audience now, and close; Tornado cuts a page that does not answer within seconds."""
        self._cancel_deadline()
        self._live.left(self)
        self.close(code, reason)

    def _sent(self, size: int, future: asyncio.Future[None]) -> None:
        self._unsent -= size
        if not future.cancelled():
            future.exception()  # the page left: `on_close` has been or will be called

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class LiveScript(RequestHandler):
    """The livereload.js of the `livereload` package."""

    def initialize(self, script: bytes) -> None:
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
        self.finish(self._script)


def livereload_handlers(live: LiveSockets) -> list[URLSpec]:
    """Return the two endpoints for an application that answers at the livereload hosts."""
    return [
        URLSpec(r"/livereload\.js", LiveScript, {"script": livereload_script()}),
        URLSpec(r"/livereload", LiveSocket, {"live": live}),
    ]


def livereload_script() -> bytes:
    """Return the browser's script; the only use of the `livereload` package (DESIGN 4.7)."""
    return files("livereload").joinpath("vendors", "livereload.js").read_bytes()
