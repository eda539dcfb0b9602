"""The livereload host's socket (protocol 7): who is connected, and who is told what."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count

from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketHandler

from devserve.errors import RemoteProtocolError
from devserve.live.absent import Absent
from devserve.live.audience import Audience, ServiceFor, ServicesAt
from devserve.live.history import History
from devserve.live.message import Message
from devserve.live.origin import is_extension, origin_host
from devserve.live.problems import Problem, Problems
from devserve.live.protocol import (
    OFFICIAL_7,
    PLUGIN,
    Hello,
    Info,
    Other,
    Said,
    Url,
    event,
    hello,
    loads_page,
    parse,
    problems,
    text_frame,
)
from devserve.live.rules import together

LARGEST_FRAME = 64 * 1024  # bytes that a page may say at once
LARGEST_BACKLOG = 256 * 1024  # bytes that a page may leave unread before it is given up
MOST_SOCKETS = 20_000
AT_ONCE = 200  # messages in one turn of the loop
HANDSHAKE = 5.0  # seconds; livereload.js waits as long for our half

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
        is_ready: Callable[[str], bool] = lambda service: True,
        handshake: float = HANDSHAKE,
    ) -> None:
        self._audience: Audience[LiveSocket] = Audience(service_for, services_at)
        self._allowed_origin = allowed_origin
        self._is_ready = is_ready
        self._services_at = services_at
        self._problems = Problems()
        self._numbers = count()
        self._later: deque[tuple[LiveSocket, bytes]] = deque()
        self._open: set[LiveSocket] = set()
        self._held: dict[str, tuple[str, ...]] = {}  # by service that is not ready: what its pages are to be told then
        self._leaving: set[LiveSocket] = set()  # told to load themselves, and not closed yet
        self._absent = Absent()
        self.history = History()
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
        if is_extension(origin):
            return ""
        if host is None or not self._allowed_origin(host):
            return f"the origin {origin!r} is not one of the hosts in devserve.toml: add it there if it should be"
        return ""

    def allows(self, host: str) -> bool:
        """Tell whether pages of a host may use the livereload hosts."""
        return self._allowed_origin(host)

    def opened(self, socket: LiveSocket) -> None:
        """Count a socket that has not said hello yet."""
        socket.number = next(self._numbers)
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
                socket.url = url.partition("#")[0].partition("?")[0]  # the query may hold secrets
                self.history.came(time.time(), socket.url)
                self._tell_missed(socket)
                if any(self._problems.of(service) for service in self._audience.heard_by(socket)):
                    self._show_problems(socket)
            case Url(url):
                self._audience.locate(socket, url)
            case Other():
                pass

    def _tell_missed(self, socket: LiveSocket) -> None:
        """Tell a page what the one in whose place it is, at the same URL, could not hear any more."""
        before = next((page for page in self._leaving if page.url == socket.url and page is not socket), None)
        if before is not None:  # its end is not known yet
            self._leaving.discard(before)
            before.has_successor = True
            missed = before.missed
        else:
            missed = self._absent.back(_now(), socket.url or "")
        if any(loads_page(message) for message in missed):
            self._leaving.add(socket)  # it goes too, and what is told until then may come too late for it
        for message in missed:
            socket.send(message)

    def left(self, socket: LiveSocket) -> None:
        """Forget a socket, but not yet that its page may come back."""
        if socket in self._open and socket.url is not None and not socket.has_successor:
            self._absent.left(_now(), socket.url, self._audience.heard_by(socket), socket.missed)
        self._open.discard(socket)
        self._leaving.discard(socket)
        self._audience.leave(socket)

    def tell(self, service: str, messages: Sequence[str]) -> int:
        """Send messages to the pages of a service and return how many there are; never waits for any of them.

        While the service is not ready they are kept: a page that loads itself now would find nothing. A page that is
        leaving because of an earlier message may lose these: the page in its place is told again.
        """
        if not self._is_ready(service):
            self._held[service] = together((*self._held.get(service, ()), *messages))
            return len(self._audience.hearing(service))
        return self._send(service, messages)

    def ready(self, service: str, messages: Sequence[str] = ()) -> None:
        """Send what was kept for a service that is ready now, with what there is to say beside it."""
        if all_of_it := together((*self._held.pop(service, ()), *messages)):
            self._send(service, all_of_it)

    def problem(self, service: str, problem: Problem) -> None:
        """Show a problem in the pages of a service that have our plugin, or take it away there."""
        if self._problems.note(service, problem):
            for page in self._audience.hearing(service):
                self._show_problems(page)

    def message(self, service: str, message: Message) -> None:
        """Let the pages of a service that have our plugin hear a message."""
        for page in self._audience.hearing(service):
            if self._audience.has_plugin(page, PLUGIN):
                page.send(event(message))

    def clients(self, livereload_host: str) -> list[tuple[str, str | None]]:
        """Return the name and the URL without query of each page that hears of a service of a livereload host."""
        services = self._services_at(livereload_host)
        pages = dict.fromkeys(page for service in services for page in self._audience.hearing(service))
        return [(f"ws{page.number}", page.url) for page in pages]

    def pages(self, service: str) -> list[str]:
        """Return the URL without query of each page that hears of a service."""
        return [page.url or "" for page in self._audience.hearing(service)]

    def tell_host(self, livereload_host: str, messages: Sequence[str]) -> None:
        """Send messages to the pages of all services of a livereload host."""
        for service in self._services_at(livereload_host):
            self.tell(service, messages)

    def _show_problems(self, page: LiveSocket) -> None:
        if self._audience.has_plugin(page, PLUGIN):
            heard = self._audience.heard_by(page)
            page.send(problems(problem for service in heard for problem in self._problems.of(service)))

    def _send(self, service: str, messages: Sequence[str]) -> int:
        pages = self._audience.hearing(service)
        loads = any(loads_page(message) for message in messages)
        for page in pages:
            if page in self._leaving:
                page.missed = together((*page.missed, *messages))
        if loads:
            self._leaving.update(pages)
        self._absent.told(_now(), service, messages)
        self.history.told(time.time(), service, [page.url for page in pages if page.url], loads=loads)
        framed = [text_frame(message) for message in messages]
        waited = bool(self._later)
        self._later.extend((page, data) for page in pages for data in framed)
        lost = 0 if waited else self._send_some()
        return len(pages) - lost

    def _send_some(self) -> int:
        """Send to some pages and leave the others to the loop's next turns; return how many were lost.

        Ten thousand pages at once would keep everything else waiting for a second.
        """
        lost = set()
        for _ in range(min(AT_ONCE, len(self._later))):
            page, data = self._later.popleft()
            if not page.send_frame(data):
                lost.add(page)
        if self._later:
            asyncio.get_running_loop().call_soon(self._send_some)
        return len(lost)

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
        self.number = 0
        self.url: str | None = None
        self.missed: tuple[str, ...] = ()  # told when it was about to load itself: perhaps not heard
        self.has_successor = False

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
        """Queue a message for the page and return whether that was possible."""
        return self.send_frame(text_frame(message))

    def send_frame(self, frame: bytes) -> bool:
        """Queue a whole frame and return whether that was possible; a page that does not read is given up.

        The frame is the same for all pages: Tornado's write_message would make it, and a task, for each of them.
        """
        connection = self.ws_connection
        if connection is None or connection.is_closing() or connection.stream is None:
            return False
        if self._unsent + len(frame) > LARGEST_BACKLOG:
            self.give_up(POLICY_VIOLATION, "messages are not read")
            return False
        try:
            sent = connection.stream.write(frame)
        except StreamClosedError:
            return False
        self._unsent += len(frame)
        sent.add_done_callback(partial(self._sent, len(frame)))
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


def _now() -> float:
    return asyncio.get_running_loop().time()
