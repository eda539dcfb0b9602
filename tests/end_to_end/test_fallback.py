"""A service that is stopped and brought back while a shared environment answers in its place."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.fleet_client import Answer, ask
from support.fleet_home import Home, new_home, repository
from support.fleet_running import free_port, running, until
from support.fleet_stage import export_ca

SERVER = """
import http.server, os

class Local(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/quit":
            os._exit(0)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"local")

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Local).serve_forever()
"""
CONFIGURATION = """
[services.web]
command = ["{python}", "server.py"]
fallback = "http://127.0.0.1:{port}"

[[services.web.watch]]
paths = ["*.py"]
then = "restart"
"""


class There(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"there")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def shared_environment() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), There)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def a_repository(folder: Path) -> Iterator[tuple[Home, Path]]:
    with shared_environment() as port:
        root = repository(folder, CONFIGURATION.format(python=sys.executable, port=port))
        (root / "server.py").write_text(SERVER)
        yield new_home(folder), root


def said(answer: Answer) -> tuple[str, str | None]:
    return answer.text, answer.headers["X-Devserve-Upstream"]


LOCAL, THERE = ("local", None), ("there", "fallback")


def test_the_fallback_answers_from_the_end_of_a_service_to_its_return(tmp_path: Path) -> None:
    with a_repository(tmp_path) as (home, root):
        port = free_port()
        with running(home, "--https-port", str(port), "--http-port", "0", cwd=root) as devserve:
            devserve.wait_ready("web")
            ca, url = export_ca(home, root), f"https://web.localhost:{port}"
            assert said(ask(f"{url}/", ca)) == LOCAL
            assert ask(f"{url}/quit", ca).status in (200, 502)
            until(lambda: said(ask(f"{url}/", ca)) == THERE, "the fallback answers")
            devserve.wait_for(lambda: "answers in its place" in devserve.output, "devserve says so")
            (root / "server.py").write_text(SERVER + "\n")
            until(lambda: said(ask(f"{url}/", ca)) == LOCAL, "the service answers again")


def test_the_fallback_answers_for_what_nobody_starts(tmp_path: Path) -> None:
    with a_repository(tmp_path) as (home, root):
        port = free_port()
        with running(home, "--https-port", str(port), "--http-port", "0", "--no-start", cwd=root) as devserve:
            devserve.wait_for(lambda: "started elsewhere" in devserve.output, "the table")
            assert said(ask(f"https://web.localhost:{port}/", export_ca(home, root))) == THERE
