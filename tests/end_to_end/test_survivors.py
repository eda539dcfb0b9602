"""A devserve and its warden, both killed at once: what still runs is found by the next one."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from support.fleet_home import Home, new_home, repository
from support.fleet_running import free_port, is_alive, running, until

SERVICE = """
[services.web]
command = "python3 -m http.server --bind 127.0.0.1 $PORT"
port = {port}
"""


def ports() -> tuple[str, ...]:
    return ("--https-port", str(free_port()), "--http-port", "0")


@pytest.fixture
def survivor(tmp_path: Path) -> Iterator[tuple[Home, Path, psutil.Process]]:
    """A repository whose service outlived its devserve and warden."""
    home, root = new_home(tmp_path), repository(tmp_path, SERVICE.format(port=free_port()))
    with running(home, *ports(), cwd=root) as devserve:
        devserve.wait_ready("web")
        children = devserve.children()
        (warden,) = (child for child in children if "orphans.py" in " ".join(child.cmdline()))
        (web,) = (child for child in children if "http.server" in child.cmdline())
        warden.kill()
        devserve.process.kill()
        devserve.wait_end()
    until(lambda: not is_alive(warden), "the warden's end")
    yield home, root, web
    if is_alive(web):
        web.kill()


def test_it_is_named_with_the_command_that_ends_it(survivor: tuple[Home, Path, psutil.Process]) -> None:
    home, root, web = survivor
    port = next(each.laddr.port for each in web.net_connections("tcp"))
    with running(home, *ports(), cwd=root) as devserve:
        devserve.wait_for(lambda: f"port {port} is taken by" in devserve.output, "the port is named")
        assert f"web (pid {web.pid}, on port {port}) still runs: the devserve that started it" in devserve.output
        assert f"End it with `kill -- -{web.pid}`" in devserve.output
    assert is_alive(web)


def test_on_a_terminal_it_is_ended_and_started_anew(survivor: tuple[Home, Path, psutil.Process]) -> None:
    home, root, web = survivor
    ours, theirs = pty.openpty()
    with running(home, *ports(), cwd=root, stdin=theirs) as devserve:
        os.write(ours, b"y\n")
        devserve.wait_ready("web")
        assert "was killed. End it? [Y/n]" in devserve.output
        assert not is_alive(web)
    os.close(ours)
    os.close(theirs)


def test_what_an_orderly_end_left_is_nothing(tmp_path: Path) -> None:
    home, root = new_home(tmp_path), repository(tmp_path, SERVICE.format(port=free_port()))
    for _ in range(2):
        with running(home, *ports(), cwd=root) as devserve:
            devserve.wait_ready("web")
            assert len(list((home.state / "run").iterdir())) == 1
    assert "still run" not in devserve.output
    assert list((home.state / "run").iterdir()) == []


def test_a_devserve_that_begins_while_the_warden_ends_its_predecessor_finds_the_port_free(tmp_path: Path) -> None:
    home, root = new_home(tmp_path), repository(tmp_path, SERVICE.format(port=free_port()))
    with running(home, *ports(), cwd=root) as devserve:
        devserve.wait_ready("web")
        devserve.process.kill()
        devserve.wait_end()
    with running(home, *ports(), cwd=root) as devserve:
        devserve.wait_ready("web")
        assert "still runs" not in devserve.output
