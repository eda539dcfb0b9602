import shutil
import subprocess
from pathlib import Path

import pytest

from devserve.ca.facts import Facts
from devserve.ca.systemd_socket import SOCKET_TEXT, provision, service

PLACE = Path("/etc/systemd/system/devserve.socket")
HOME = Path("/home/ann")
SERVICE = service("ann", HOME / "my 100% shop", ("/v/python", "run", 'a "b" $c \\'), (("PATH", "/bin:/x y"),))


def facts(*commands: str) -> Facts:
    return Facts("Linux", HOME, HOME, HOME, commands=frozenset(commands))


def test_only_loopback_is_bound():
    addresses = [line.partition("=")[2] for line in SOCKET_TEXT.splitlines() if line.startswith("ListenStream=")]
    assert addresses == ["127.0.0.1:443", "[::1]:443", "127.0.0.1:80", "[::1]:80"]


def test_devserve_runs_as_the_developer_and_never_as_root():
    assert "User=ann\n" in SERVICE
    assert "NoNewPrivileges=yes\n" in SERVICE


def test_words_are_written_as_systemd_reads_them():
    assert "WorkingDirectory=/home/ann/my 100%% shop\n" in SERVICE
    assert 'ExecStart="/v/python" "run" "a \\"b\\" $$c \\\\"\n' in SERVICE
    assert 'Environment="PATH=/bin:/x y"\n' in SERVICE


def test_both_units_are_written_seen_and_removed():
    made = provision(PLACE, facts("systemctl"), SERVICE)
    assert [step.path.name for step in made.install[:2]] == ["devserve.socket", "devserve.service"]
    assert made.is_shown_by(SOCKET_TEXT + SERVICE)
    assert not made.is_shown_by(SOCKET_TEXT)
    again = provision(PLACE, facts("systemctl"))  # as teardown knows it
    assert again.remove == made.remove
    assert again.is_shown_by(SOCKET_TEXT)
    assert set(made.files) == {PLACE, PLACE.with_name("devserve.service")}


def test_without_systemd_the_obstacle_is_said():
    made = provision(PLACE, facts(), SERVICE)
    assert "systemctl is not there" in made.obstacle
    assert "--ports sysctl" in made.fix


def test_systemd_takes_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    socket, unit = tmp_path / "devserve.socket", tmp_path / "devserve.service"
    socket.write_text(SOCKET_TEXT)
    unit.write_text(service("root", tmp_path, ("/bin/sh", "-c", "exit 0")))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(socket), str(unit)], capture_output=True, text=True, check=False, timeout=30
    )
    assert [line for line in done.stderr.splitlines() if "devserve" in line] == []
