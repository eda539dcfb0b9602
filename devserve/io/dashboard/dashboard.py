"""The dashboard at https://devserve.localhost: its page, one socket that tells what goes on, and orders by POST."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from http import HTTPStatus
from importlib import metadata
from importlib.resources import files
from typing import Protocol

from tornado.routing import URLSpec
from tornado.web import RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from devserve.dashboard import ansi, har
from devserve.dashboard.news import Onlooker, Row, Source
from devserve.dashboard.safety import FIELDS, order_refusal, refusal, socket_refusal
from devserve.errors import DevserveError
from devserve.hub import listing
from devserve.io.hub.ask import Found
from devserve.io.tasks import spawn

TICK = 0.5  # seconds between two messages
MOST_PAGES = 16  # that look at once
LARGEST_FRAME = 4096  # bytes that a page may say at once
LARGEST_ORDER = 4096
TOKEN_PLACE = "{{token}}"  # noqa: S105 - where the page has it
STATIC = "static"
KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
TRY_AGAIN_LATER = 1013  # RFC 6455, section 11.7: IANA's registry of close codes


class Log(Protocol):
    """The output of a service, followed."""

    def take(self) -> Sequence[str]:
        """Return the lines that have come since the last time."""

    def close(self) -> None:
        """Follow it no more."""


class Shown(Protocol):
    """What there is to see, and to order, of a running devserve and of those of other terminals."""

    def looking(self) -> AbstractContextManager[None]:
        """Have what is to be seen kept up for as long as the block lasts."""

    def sources(self) -> Mapping[str, Source]:
        """Return each devserve as it is seen."""

    async def status(self) -> Found:
        """Return how the services of every terminal stand."""

    def log(self, service: str) -> Log:
        """Follow a service's output. Raises DevserveError."""

    async def exchange(self, name: str) -> Row:
        """Return all that there is to say of an exchange. Raises DevserveError."""

    async def entries(self, service: str) -> Sequence[Row]:
        """Return the exchanges as entries of a HAR file, of one service or of all. Raises DevserveError."""

    async def trust(self) -> Row:
        """Return the certificate authority and the certificates."""

    async def plugins(self) -> Sequence[Row]:
        """Return the plugins of each repository, and what they show."""

    async def checkup(self) -> Sequence[Row]:
        """Return what doctor finds. It takes seconds."""

    async def order(self, verb: str, service: str) -> str:
        """Carry out an order; return what came of it in a sentence. Raises DevserveError."""

    async def replay(self, name: str) -> int:
        """Send a recorded request again; return the answer's status. Raises DevserveError."""


class Dashboard:
    """What the handlers share: what is shown, the token of this run, and who looks."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.token = secrets.token_urlsafe(32)
        self.sockets: set[Live] = set()
        self.static = {each.name: each.read_bytes() for each in files("devserve.dashboard").joinpath(STATIC).iterdir()}

    def __repr__(self) -> str:
        return f"<Dashboard with {len(self.sockets)} pages>"

    @property
    def rules(self) -> list[URLSpec]:
        """The handlers, for an application that answers at the dashboard's host."""
        given = {"dashboard": self}
        return [
            URLSpec(r"/", Page, given),
            URLSpec(r"/static/([a-z0-9_.-]+)", Static, given),
            URLSpec(r"/api/live", Live, given),
            URLSpec(r"/api/exchanges\.har", Archive, given),
            URLSpec(r"/api/exchanges/((?:[0-9]{1,10}:)?[0-9]{1,12})", Detail, given),
            URLSpec(r"/api/exchanges/((?:[0-9]{1,10}:)?[0-9]{1,12})/replay", Replay, given),
            URLSpec(r"/api/trust", Trust, given),
            URLSpec(r"/api/plugins", Plugins, given),
            URLSpec(r"/api/checkup", Checkup, given),
            URLSpec(r"/api/orders", Orders, given),
            URLSpec(r"/.*", Asked, given),
        ]


class Asked(RequestHandler):
    """Anything at the dashboard's host; by itself it is not there."""

    def initialize(self, dashboard: Dashboard) -> None:
        """Keep what the application gave."""
        self._dashboard = dashboard

    def set_default_headers(self) -> None:
        """Nothing of this may be kept, framed, or read by another site."""
        self.clear_header("Server")
        for name, value in FIELDS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse who may not ask."""
        changes = self.request.method not in ("GET", "HEAD")
        headers, own = self.request.headers, origin_of(self)
        said = order_refusal(headers, own, self._dashboard.token) if changes else refusal(headers, own)
        if said:
            self.refuse(HTTPStatus.FORBIDDEN, said)

    async def get(self, *_: str) -> None:
        """Answer that there is no such page."""
        self.refuse(HTTPStatus.NOT_FOUND, "The dashboard has no such page.")

    async def post(self, *_: str) -> None:
        """Answer that there is nothing to order here."""
        self.refuse(HTTPStatus.METHOD_NOT_ALLOWED, "Nothing can be ordered here.")

    def refuse(self, status: HTTPStatus, said: str) -> None:
        """Answer with a sentence."""
        self.set_status(status)
        self.answer({"problem": said})

    def answer(self, data: Mapping[str, object]) -> None:
        """Answer with JSON."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(data))


class Page(Asked):
    """The page itself; for who asks for no HTML what `devserve status` shows, as text or as JSON."""

    async def get(self, *_: str) -> None:
        """Answer with the page, in which is the token for orders."""
        self.set_header("Vary", "Accept")
        accept = self.request.headers.get("Accept", "")
        if "text/html" not in accept:
            await self._list(as_json="json" in accept)
            return
        page = self._dashboard.static["index.html"]
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page.replace(TOKEN_PLACE.encode(), self._dashboard.token.encode()))

    async def _list(self, *, as_json: bool) -> None:
        found = await self._dashboard.shown.status()
        if as_json:
            self.answer(listing.as_data(found.known, found.problems))
        else:
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(listing.as_text(found.known, found.problems))


class Static(Asked):
    """The page's scripts and styles, all read when devserve started."""

    async def get(self, *names: str) -> None:
        """Answer with a file."""
        name = names[0]
        kind = KINDS.get(name.rpartition(".")[2])
        if kind is None or name not in self._dashboard.static:
            self.refuse(HTTPStatus.NOT_FOUND, "The dashboard has no such file.")
            return
        self.set_header("Content-Type", kind)
        self.finish(self._dashboard.static[name])


class Detail(Asked):
    """All that there is to say of one exchange."""

    async def get(self, *names: str) -> None:
        """Answer with it."""
        try:
            self.answer(await self._dashboard.shown.exchange(names[0]))
        except DevserveError as error:
            self.refuse(HTTPStatus.NOT_FOUND, f"{error}.")


class Archive(Asked):
    """The recorded exchanges as a HAR file."""

    async def get(self, *_: str) -> None:
        """Answer with the file, of one service if the query names it."""
        try:
            entries = await self._dashboard.shown.entries(self.get_query_argument("service", ""))
        except DevserveError as error:
            self.refuse(HTTPStatus.NOT_FOUND, f"{error}.")
            return
        self.set_header("Content-Type", "application/json")
        self.set_header("Content-Disposition", 'attachment; filename="devserve.har"')
        version = metadata.version("devserve")
        self.finish(await asyncio.to_thread(lambda: json.dumps(har.log(entries, version))))


class Trust(Asked):
    """The certificate authority and the certificates."""

    async def get(self, *_: str) -> None:
        """Answer with them."""
        self.answer(await self._dashboard.shown.trust())


class Plugins(Asked):
    """The plugins of each repository, and the panels that they add."""

    async def get(self, *_: str) -> None:
        """Answer with them."""
        self.answer({"repositories": await self._dashboard.shown.plugins()})


class Checkup(Asked):
    """What doctor finds; by POST, as it starts programs."""

    async def post(self, *_: str) -> None:
        """Look, and answer with what was found."""
        self.answer({"findings": await self._dashboard.shown.checkup()})


class Replay(Asked):
    """A recorded request, sent again."""

    async def post(self, *names: str) -> None:
        """Send it, and answer with the status that it got."""
        try:
            self.answer({"status": await self._dashboard.shown.replay(names[0])})
        except DevserveError as error:
            self.refuse(HTTPStatus.CONFLICT, f"{error}.")


class Orders(Asked):
    """Orders for a service: `{"order": "restart", "service": "web"}`."""

    async def post(self, *_: str) -> None:
        """Carry an order out, and answer with what came of it."""
        order = order_in(self.request.body)
        if order is None:
            self.refuse(HTTPStatus.BAD_REQUEST, 'An order is JSON such as {"order": "restart", "service": "web"}.')
            return
        try:
            self.answer({"said": await self._dashboard.shown.order(*order)})
        except DevserveError as error:
            self.refuse(HTTPStatus.CONFLICT, f"{error}.")


class Live(WebSocketHandler):
    """One page's socket: it is told what has changed, as fast as it reads and no faster."""

    def initialize(self, dashboard: Dashboard) -> None:
        """Keep what the application gave."""
        self._dashboard = dashboard
        self._onlooker = Onlooker()
        self._telling: asyncio.Task[None] | None = None
        self._watched = ""  # the service whose output is looked at
        self._followed: Log | None = None
        self._anew = False

    def prepare(self) -> None:
        """Refuse every page but the dashboard's own."""
        said = socket_refusal(self.request.headers, origin_of(self))
        if said:
            self.set_status(HTTPStatus.FORBIDDEN)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(f"{said}\n")

    def check_origin(self, origin: str) -> bool:
        """Return True: `prepare` has decided."""
        return True

    @property
    def max_message_size(self) -> int:
        """The largest frame that is read."""
        return LARGEST_FRAME

    def open(self, *_: str, **__: str) -> None:
        """Begin to tell."""
        if len(self._dashboard.sockets) >= MOST_PAGES:
            self.close(TRY_AGAIN_LATER, f"{MOST_PAGES} pages look already: close some")
            return
        self._dashboard.sockets.add(self)
        self._telling = spawn(self._tell(), "dashboard: page")

    def on_message(self, message: str | bytes) -> None:
        """Take note of whose output the page shows: `{"log": "web"}`."""
        match _json(message):
            case {"log": str(service)}:
                self._watch(service)

    def on_close(self) -> None:
        """Tell no more."""
        self._dashboard.sockets.discard(self)
        self._watch("")
        if self._telling is not None:
            self._telling.cancel()

    def _watch(self, service: str) -> None:
        """Follow the output of a service in place of what was followed; of none when it is ""."""
        if self._followed is not None:
            self._followed.close()
        self._watched, self._followed, self._anew = service, None, True

    async def _tell(self) -> None:
        with self._dashboard.shown.looking():
            while True:
                try:
                    await self.write_message(json.dumps(self._news()))  # waits until the page has taken it
                except WebSocketClosedError:
                    return
                await asyncio.sleep(TICK)

    def _news(self) -> dict[str, object]:
        news = self._onlooker.news(self._dashboard.shown.sources())
        if self._watched and self._followed is None:
            with suppress(DevserveError):  # its devserve has ended, or is not known yet
                self._followed = self._dashboard.shown.log(self._watched)
        lines = self._followed.take() if self._followed is not None else ()
        if lines or (self._anew and self._watched):
            pieces = [{"pieces": ansi.pieces(line), "error": ansi.is_error(line)} for line in lines]
            news["lines"] = {"service": self._watched, "anew": self._anew, "lines": pieces}
            self._anew = False
        return news


def origin_of(handler: RequestHandler) -> str:
    """Return the origin that was asked, as a browser writes it; the proxy has said the scheme."""
    scheme = handler.request.headers.get("X-Forwarded-Proto", "https")
    return f"{scheme}://{handler.request.host.lower()}"


def order_in(body: bytes) -> tuple[str, str] | None:
    """Return the verb and the service of an order, or None when it is none."""
    match _json(body) if len(body) <= LARGEST_ORDER else None:
        case {"order": str(verb), "service": str(service)}:
            return verb, service
    return None


def _json(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
