"""The contacts: a JSON API, server-sent events, a chat over a WebSocket, and the small page that uses all three."""

import asyncio
import json
import os
import secrets
from pathlib import Path

from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

FOLDER = Path(__file__).parent
CONTACTS = FOLDER / os.environ.get("CONTACTS_FILE", "contacts.json")
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors {web}; base-uri 'none'; form-action 'none'"
)


class Page(RequestHandler):
    def get(self) -> None:
        scheme = self.request.headers.get("X-Forwarded-Proto", "http")
        _, _, domain = self.request.host.partition(".")
        nonce = secrets.token_urlsafe(16)
        policy = POLICY.format(nonce=nonce, web=f"{scheme}://web.{domain}")
        self.set_header("Content-Security-Policy", policy)
        self.render("contacts.html", nonce=nonce)


class Contacts(RequestHandler):
    def initialize(self, added: list[dict[str, str]], listeners: set["Events"]) -> None:
        self.added = added
        self.listeners = listeners

    def get(self) -> None:
        self.write({"contacts": json.loads(CONTACTS.read_text()) + self.added})

    def post(self) -> None:
        contact = json.loads(self.request.body)
        self.added.append(contact)
        for listener in self.listeners:
            listener.tell("contact", contact)
        self.set_status(201)


class Events(RequestHandler):
    """Server-sent events: how many listen, and each new contact."""

    def initialize(self, listeners: set["Events"]) -> None:
        self.listeners = listeners
        self.news: asyncio.Queue[str | None] = asyncio.Queue()

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.listeners.add(self)
        self.tell_all_how_many()
        while (event := await self.news.get()) is not None:
            self.write(event)
            await self.flush()

    def tell(self, event: str, data: object) -> None:
        self.news.put_nowait(f"event: {event}\ndata: {json.dumps(data)}\n\n")

    def tell_all_how_many(self) -> None:
        for listener in self.listeners:
            listener.tell("listeners", len(self.listeners))

    def on_connection_close(self) -> None:
        self.listeners.discard(self)
        self.news.put_nowait(None)
        self.tell_all_how_many()


class Chat(WebSocketHandler):
    """Whatever one says, all hear."""

    def initialize(self, members: set["Chat"]) -> None:
        self.members = members

    def open(self) -> None:
        self.members.add(self)

    def on_message(self, message: str | bytes) -> None:
        for member in self.members:
            member.write_message(message)

    def on_close(self) -> None:
        self.members.discard(self)


async def main() -> None:
    port = int(os.environ.get("PORT", "8002"))
    listeners: set[Events] = set()
    application = Application(
        [
            ("/", Page),
            ("/api/contacts", Contacts, {"added": [], "listeners": listeners}),
            ("/events", Events, {"listeners": listeners}),
            ("/chat", Chat, {"members": set()}),
        ],
        template_path=FOLDER / "templates",
        static_path=FOLDER / "static",
        compiled_template_cache=False,  # a saved template shows at once, without a restart
    )
    application.listen(port, "127.0.0.1")
    print(f"contacts listens on http://127.0.0.1:{port}")
    await asyncio.Event().wait()


asyncio.run(main())
