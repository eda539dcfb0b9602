"""Port 443 itself, and what happens where it may not be bound."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from support.browser_drive import chromium, watched
from support.browser_find import need_browser
from support.fleet_client import ask
from support.fleet_home import Home, copy_of_fleet, new_home
from support.fleet_running import Running, may_bind, running, turn_at
from support.fleet_stage import FLEET, export_ca

UNPRIVILEGED_FROM = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
WITHOUT_THE_RIGHT = ("setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service")


def need_port(port: int) -> None:
    """Skip the test where the port cannot be bound."""
    if not may_bind(port):
        pytest.skip(f"port {port} cannot be bound here")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which devserve never ran."""
    return new_home(tmp_path)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A copy of the example fleet."""
    return copy_of_fleet(tmp_path)


@pytest.fixture
def on_443(home: Home, fleet: Path) -> Iterator[Running]:
    """The fleet on the default port."""
    with turn_at(443):
        need_port(443)
        with running(home, "--http-port", "0", fleet, cwd=fleet) as devserve:
            devserve.wait_ready(*FLEET)
            yield devserve


def test_without_flags_it_serves_on_443(home: Home, fleet: Path, on_443: Running) -> None:
    assert on_443.rows["web"].url.rstrip("/") == "https://web.fleet.localhost"
    answer = ask("https://web.fleet.localhost/", export_ca(home, fleet))
    assert (
        '"https://livereload.web.fleet.localhost/livereload.js?port=443&amp;mindelay=100&amp;maxdelay=800"'
        in answer.text
    )
    assert "frame-src https://contacts.fleet.localhost;" in answer.headers["Content-Security-Policy"]


@pytest.mark.browser
@pytest.mark.usefixtures("on_443")
def test_a_browser_on_443_sees_no_port_anywhere(home: Home, fleet: Path) -> None:
    executable = need_browser()
    setup = home.devserve("setup", "--yes", "--store", "nss", cwd=fleet)
    assert setup.returncode == 0, setup.stderr
    with chromium(executable, home) as context, context.new_page() as page:
        seen = watched(page)
        page.goto("https://web.fleet.localhost/")
        seen.until(lambda: len(seen.greeted) == 2, "two greeted sockets")
        assert page.evaluate("isSecureContext") is True
        assert {url for _, url in seen.statuses if ":443/" in url or ":8443/" in url} == set()


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux can a process give this right up")
def test_without_the_right_to_443_it_serves_on_8443_and_says_how_to_get_it(home: Home, fleet: Path) -> None:
    if psutil.Process().uids().real != 0:
        pytest.skip("only root can give the right up for one process")
    if int(UNPRIVILEGED_FROM.read_text()) <= 443:
        pytest.skip("everybody may bind port 443 here (net.ipv4.ip_unprivileged_port_start)")
    need_port(8443)
    with running(home, "--http-port", "0", fleet, cwd=fleet, wrapper=WITHOUT_THE_RIGHT) as devserve:
        devserve.wait_ready(*FLEET)
        assert devserve.rows["web"].url.rstrip("/") == "https://web.fleet.localhost:8443"
        said = [line for line in devserve.output.splitlines() if "port 443" in line]
        assert len(said) == 1
        assert "8443" in said[0]
        assert "devserve setup" in said[0]
