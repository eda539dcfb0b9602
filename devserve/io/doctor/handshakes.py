"""Has each client of this machine make a real handshake, with a running devserve or with a listener for the moment."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from devserve.ca.environment import variables
from devserve.ca.leaf import Leaf
from devserve.ca.root import Root
from devserve.doctor import clients
from devserve.doctor.clients import FOLDER, SCRIPT, Answer, Client, Target, Told
from devserve.doctor.findings import Finding
from devserve.io.proxy.sni import context_of

COMMANDS = ("curl", "git", "node", "python3", "java", *clients.BROWSERS)
SECONDS = 5.0
PATIENCE = 25.0  # seconds for a browser to start, load and end
AT_ONCE = 3
PAGE = b"<!doctype html><title>devserve</title>devserve: this page is only for a moment"
QUIET = {"GIT_TERMINAL_PROMPT": "0"}


class _Page(BaseHTTPRequestHandler):
    timeout = SECONDS

    def do_GET(self) -> None:
        """Answer with the page, whatever is asked for."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class says so
        """Say nothing: the client's own words count."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that refuses the certificate is what is being looked for."""


@contextlib.contextmanager
def listener(leaf: Leaf) -> Iterator[Target]:
    """Answer with a page at a free port of 127.0.0.1 for as long as the block lasts."""
    server = _Server(("127.0.0.1", 0), _Page)
    # The handshake waits for the thread of its connection.
    server.socket = context_of(leaf).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Target(leaf.host, int(server.socket.getsockname()[1]))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answers_with(root: Root, target: Target) -> bool:
    """Tell whether a server on 127.0.0.1 shows a certificate of this root for the target's host."""
    context = ssl.create_default_context(cadata=root.pem.decode())
    try:
        with (
            socket.create_connection(("127.0.0.1", target.port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=target.host),
        ):
            return True
    except (OSError, ValueError):
        return False


def ask_all(target: Target, root: Root) -> list[Finding]:
    """Return how each client of this machine stands that can be scripted."""
    present = frozenset(command for command in COMMANDS if shutil.which(command))
    asked = clients.clients(target, present, is_root=os.geteuid() == 0)
    with ThreadPoolExecutor(AT_ONCE) as workers:
        return list(workers.map(lambda client: _ask(client, root), asked))


def _ask(client: Client, root: Root) -> Finding:
    with tempfile.TemporaryDirectory(prefix="devserve-") as name:
        folder = Path(name)
        plain = _told(client, folder, {})
        with_variables = None
        if plain.answer is Answer.REFUSED and client.by_variables:
            ca = folder / "ca.pem"
            ca.write_bytes(root.pem)
            with_variables = _told(client, folder, variables(ca, ca, {}))
    return clients.finding(client, plain, with_variables)


def _told(client: Client, folder: Path, extra: Mapping[str, str]) -> Told:
    script = folder / "Probe.java"
    script.write_text(client.script)
    argv = [word.replace(FOLDER, str(folder / "profile")).replace(SCRIPT, str(script)) for word in client.argv]
    try:
        status, output = _run(argv, {**os.environ, **QUIET, **extra})
    except subprocess.TimeoutExpired:
        return Told(Answer.UNKNOWN, "it did not end in time")
    except OSError as error:
        return Told(Answer.UNKNOWN, str(error))
    return clients.told(client.name, status, output)


def _run(argv: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    started = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd="/",  # no package.json, no repository, no python file of the present folder changes what a client does
        text=True,
        errors="replace",
        start_new_session=True,
    )
    with started:
        try:
            output, complaint = started.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)  # a browser is many processes
            raise
    return started.returncode, output if output.strip() else complaint
