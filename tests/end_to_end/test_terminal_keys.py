"""`devserve run` on a terminal: the line at the bottom, the keys, and the terminal as it was found at every end."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from support.fleet_home import DEVSERVE, new_home, repository
from support.fleet_running import free_port, is_alive, until
from support.terminals import CONTROL, OnTerminal, on_terminal

CONFIGURATION = """
[services.web]
command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]
[services.shop]
command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]
needs = ["web"]
"""
BOTH_READY = "web ready · shop ready"
ERASED = "\x1b[J"  # how what is written ends once the line is gone
SECONDS = 15


@contextmanager
def started(folder: Path, size: tuple[int, int] = (24, 100)) -> Iterator[OnTerminal]:
    """Run devserve on a terminal until both services are ready."""
    home, root = new_home(folder), repository(folder, CONFIGURATION)
    command = (DEVSERVE, "run", "--yes", "--https-port", str(free_port()), "--http-port", "0")
    with on_terminal(*command, cwd=root, env=home.environment, size=size) as terminal:
        terminal.wait_for("? help")
        terminal.wait_for(BOTH_READY)
        yield terminal


def test_keys_restart_explain_help_and_quit(tmp_path: Path) -> None:
    with started(tmp_path) as terminal:
        services = psutil.Process(terminal.process.pid).children(recursive=True)
        terminal.wait_again("restart: a all  1 web  2 shop  Esc", lambda: terminal.type("r"))
        terminal.wait_again("shop: restart ", lambda: terminal.type("2"))
        terminal.wait_again("nothing has been saved yet", lambda: terminal.type("w"))
        page = tmp_path / "repository" / "index.html"
        terminal.wait_again("web: index.html → reload", lambda: page.write_text("<h1>Hello</h1>"))
        terminal.wait_again("└─ reload → no browser is connected", lambda: terminal.type("w"))
        terminal.wait_again("q  quit; so does Ctrl-C", lambda: terminal.type("?"))
        terminal.type("q")
        assert terminal.process.wait(SECONDS) == 0
        assert terminal.echoes
        assert not any(map(is_alive, services))
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_terminal_as_it_was(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path) as terminal:
        assert not terminal.echoes
        terminal.process.send_signal(number)
        assert terminal.process.wait(SECONDS) == 130
        assert terminal.echoes
        terminal.wait_for(lambda: terminal.raw.rstrip().endswith(ERASED))


def test_ctrl_z_and_going_on(tmp_path: Path) -> None:
    with started(tmp_path) as terminal:
        terminal.type("\x1a")
        terminal.wait_for(lambda: terminal.is_stopped and terminal.raw.endswith(ERASED))
        assert terminal.echoes
        terminal.wait_again(BOTH_READY, lambda: terminal.process.send_signal(signal.SIGCONT))
        assert not terminal.echoes


def test_a_terminal_that_is_closed_ends_devserve_and_its_services(tmp_path: Path) -> None:
    with started(tmp_path) as terminal:
        services = psutil.Process(terminal.process.pid).children(recursive=True)
        terminal.hang_up()
        assert terminal.process.wait(SECONDS) == 130
        until(lambda: not any(map(is_alive, services)), "all services are gone")


def test_on_a_narrow_terminal_the_line_is_short(tmp_path: Path) -> None:
    with started(tmp_path, (24, 40)) as terminal:
        page = tmp_path / "repository" / "index.html"
        terminal.wait_again("2 ready · reload ", lambda: page.write_text("<h1>Hello</h1>"))
        drawn = [part.partition("\x1b[?7h")[0] for part in terminal.raw.split("\x1b[?7l")[1:]]
        assert max(len(CONTROL.sub("", line)) for line in drawn) < 40
        seen = len(terminal.text)
        terminal.resize(24, 100)
        wide = re.compile(f"{BOTH_READY} · (web|shop): index.html → reload")  # both have the file
        terminal.wait_for(lambda: wide.search(terminal.text, seen))


def listens(process: psutil.Process) -> bool:
    """Tell whether a process listens and does nothing else; one that has ended meanwhile does not."""
    try:
        return [connection.status for connection in process.net_connections()] == [psutil.CONN_LISTEN]
    except psutil.Error:
        return False


def test_a_reader_that_leaves_ends_nothing(tmp_path: Path) -> None:
    """As in `devserve run 2>&1 | head -1`."""
    home, root = new_home(tmp_path), repository(tmp_path, CONFIGURATION)
    command = [DEVSERVE, "run", "--yes", "--https-port", str(free_port()), "--http-port", "0"]
    with subprocess.Popen(
        command,
        cwd=root,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as devserve:
        assert devserve.stdout is not None
        devserve.stdout.readline()
        devserve.stdout.close()
        process = psutil.Process(devserve.pid)
        until(
            lambda: sum(map(listens, process.children())) == 2,
            "both services listen",
            SECONDS,
        )
        assert devserve.poll() is None
        devserve.terminate()
        assert devserve.wait(SECONDS) == 130
