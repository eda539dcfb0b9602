"""The web front: a page, its stylesheet and its pictures. devserve tells the port in PORT."""

import asyncio
import os
from pathlib import Path

from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler

FOLDER = Path(__file__).parent
GREETING = "All hands on deck"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src {contacts}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def neighbour(request: HTTPServerRequest, name: str) -> str:
    """The origin of another service of the fleet. Host is as the browser sent it, so the port is right too."""
    scheme = request.headers.get("X-Forwarded-Proto", "http")
    _, _, domain = request.host.partition(".")
    return f"{scheme}://{name}.{domain}"


class Front(RequestHandler):
    def get(self) -> None:
        contacts = neighbour(self.request, "contacts")
        self.set_header("Content-Security-Policy", POLICY.format(contacts=contacts))
        self.render("index.html", greeting=GREETING, contacts=contacts, docs=neighbour(self.request, "docs"))


async def main() -> None:
    port = int(os.environ.get("PORT", "8001"))
    application = Application(
        [("/", Front)],
        template_path=FOLDER / "templates",
        static_path=FOLDER / "static",
        compiled_template_cache=False,  # a saved template shows at once, without a restart
    )
    application.listen(port, "127.0.0.1")
    print(f"web listens on http://127.0.0.1:{port}")
    await asyncio.Event().wait()


asyncio.run(main())
