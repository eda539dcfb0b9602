"""The dashboard: a service below a path of another service's host. The path is not cut off on the way."""

import asyncio
import os
import time
from pathlib import Path

from tornado.web import Application, RequestHandler

FOLDER = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
FORWARDED = ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded")
STARTED = time.monotonic()


class Dashboard(RequestHandler):
    def get(self) -> None:
        fields = [(name, self.request.headers.get(name, "")) for name in FORWARDED]
        self.set_header("Content-Security-Policy", POLICY)
        self.render("dashboard.html", fields=fields)


class Numbers(RequestHandler):
    asked = 0

    def get(self) -> None:
        Numbers.asked += 1
        uptime = time.monotonic() - STARTED
        self.write({"process": os.getpid(), "uptime": round(uptime), "asked": self.asked})


async def main() -> None:
    port = int(os.environ.get("PORT", "8003"))
    application = Application(
        [("/dashboard/?", Dashboard), ("/dashboard/numbers", Numbers)],
        template_path=FOLDER / "templates",
        static_path=FOLDER / "static",
        static_url_prefix="/dashboard/static/",
        compiled_template_cache=False,  # a saved template shows at once, without a restart
    )
    application.listen(port, "127.0.0.1")
    print(f"dashboard listens on http://127.0.0.1:{port}")
    await asyncio.Event().wait()


asyncio.run(main())
