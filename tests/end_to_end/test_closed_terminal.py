"""A terminal that nobody reads, and one that is closed."""

from __future__ import annotations

import os
import pty
import socket
import subprocess
from pathlib import Path

import psutil

from support.fleet_client import ask
from support.fleet_home import DEVSERVE, new_home, repository
from support.fleet_running import free_port, is_alive, until
from support.terminals import CONTROLLING

SERVICES = """
[services.web]
command = "python3 -m http.server --bind 127.0.0.1 $PORT"
port = {port}
watch = []

[services.flood]
command = "yes"
ready = {{ log = "y" }}
watch = []
"""
SECONDS_TO_END = 10.0


def takes_connections(port: int) -> bool:
    """Tell whether somebody listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_a_flood_into_a_terminal_that_nobody_reads_holds_nothing_up_and_its_close_ends_all(tmp_path: Path) -> None:
    port, http_port = free_port(), free_port()
    home, root = new_home(tmp_path), repository(tmp_path, SERVICES.format(port=port))
    ours, theirs = pty.openpty()
    command = [DEVSERVE, "run", "--yes", "--https-port", str(free_port()), "--http-port", str(http_port)]
    with subprocess.Popen(
        [*CONTROLLING, *command],
        cwd=root,
        env={**home.environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as devserve:
        os.close(theirs)
        until(lambda: takes_connections(port) and takes_connections(http_port), "both listen")
        for _ in range(20):
            assert ask(f"http://web.localhost:{http_port}/").status == 200
        started = psutil.Process(devserve.pid).children(recursive=True)
        assert len(started) >= 3  # both services, and the warden
        os.close(ours)
        until(lambda: not any(map(is_alive, started)), f"all gone of {started}", SECONDS_TO_END)
        devserve.wait(SECONDS_TO_END)
