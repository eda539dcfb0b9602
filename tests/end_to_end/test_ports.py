"""Port 443 without root: sockets that systemd hands over, and a redirect that only loopback sees."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devserve.ca.redirect import CONTENT
from support.certificates import need
from support.fleet_client import ask
from support.fleet_home import BIN, new_home, repository
from support.fleet_running import free_port, running, until
from support.fleet_stage import export_ca

WEB = """
[services.web]
command = "python3 -m http.server --bind 127.0.0.1 $PORT"
"""
WITHOUT_THE_RIGHT = ("setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service")
LOOPBACK_UP = """
import fcntl, socket, struct
with socket.socket() as any_socket:  # SIOCSIFFLAGS: up and running
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x43))
"""
ASK = """
import ssl, socket, sys
context = ssl.create_default_context(cafile=sys.argv[1])
with context.wrap_socket(socket.create_connection(("127.0.0.1", 443)), server_hostname="web.localhost") as page:
    page.sendall(b"GET / HTTP/1.1\\r\\nHost: web.localhost\\r\\nConnection: close\\r\\n\\r\\n")
    print(page.recv(4096).decode().split("\\r\\n")[0])
"""


def test_sockets_that_systemd_hands_over_are_served(tmp_path: Path) -> None:
    need("systemd-socket-activate", "systemd")
    home, root = new_home(tmp_path), repository(tmp_path, WEB)
    https, http = free_port(), free_port()
    names = ["HOME", "DEVSERVE_HOME", "PATH", "DEVSERVE_HOSTS_FILE"]
    activated = (
        "systemd-socket-activate",
        *(f"--listen=127.0.0.1:{port}" for port in (https, http)),
        *(f"--setenv={name}={home.environment[name]}" for name in names),
    )
    ports = ("--https-port", str(https), "--http-port", str(http))
    with running(home, *ports, cwd=root, wrapper=activated) as devserve:
        until(lambda: "Listening" in devserve.output, "systemd listens")
        ask_quietly(f"http://web.localhost:{http}/")  # the first connection starts devserve
        devserve.wait_ready("web")
        assert ask(f"https://web.localhost:{https}/", export_ca(home, root)).status == 200
        assert ask(f"http://web.localhost:{http}/").status == 200
        listening = {
            each.fd for each in psutil.Process(devserve.process.pid).net_connections("tcp") if each.status == "LISTEN"
        }
        assert listening == {3, 4}  # those that it was given, and none of its own


def ask_quietly(url: str) -> None:
    """Connect, whatever comes of it."""
    with contextlib.suppress(OSError):
        ask(url)


@pytest.mark.skipif(sys.platform != "linux", reason="nftables are Linux's")
def test_where_443_is_led_to_8443_no_url_has_a_port(tmp_path: Path) -> None:
    need("nft", "nftables")
    probe = subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True)
    if psutil.Process().uids().real != 0 or probe.returncode or not shutil.which("nsenter"):
        pytest.skip("only root can make a network of its own")
    home, root = new_home(tmp_path), repository(tmp_path, WEB)
    (tmp_path / "rules").write_text(CONTENT)
    (tmp_path / "up.py").write_text(LOOPBACK_UP)
    prepare = f"{BIN}/python '{tmp_path}/up.py' && nft -f '{tmp_path}/rules'\nexec \"$@\""
    network = ("unshare", "--net", "sh", "-ec", prepare, "sh", *WITHOUT_THE_RIGHT)
    with running(home, cwd=root, wrapper=network) as devserve:
        devserve.wait_ready("web")
        assert devserve.rows["web"].url.rstrip("/") == "https://web.localhost"
        # As a whole number: the service's own port, any that is free, may hold these digits too.
        assert not re.search(r"\b8?443\b|https://[^/\s]*:\d", devserve.output.replace(str(tmp_path), ""))
        assert "plain HTTP is off" not in devserve.output
        inside = ["nsenter", f"--net=/proc/{devserve.process.pid}/ns/net", f"{BIN}/python", "-c", ASK]
        asked = subprocess.run([*inside, str(export_ca(home, root))], capture_output=True, text=True, timeout=30)
        assert asked.stdout.strip() == "HTTP/1.1 200 OK", asked.stderr
