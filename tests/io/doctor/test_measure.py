import socket
from pathlib import Path

import pytest

from devserve.doctor.machine import PortState, Watches
from devserve.io.doctor import measure
from devserve.io.run.ports import free_port


def test_a_port_is_free_or_taken_and_stays_free_afterwards():
    number = free_port()
    assert measure.port(number) is PortState.FREE
    with socket.create_server(("127.0.0.1", number)):
        assert measure.port(number) is PortState.TAKEN
    assert measure.port(number) is PortState.FREE


def test_a_port_that_may_not_be_bound_is_told(monkeypatch):
    class Closed(socket.socket):
        def bind(self, address):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(measure.socket, "socket", Closed)
    assert measure.port(443) is PortState.FORBIDDEN


def test_the_limit_of_open_files_is_the_kernels():
    soft, hard = measure.open_files()
    assert soft == -1 or 0 < soft <= hard or hard == -1


def process(proc, number, watches):
    folder = proc / str(number)
    (folder / "fd").mkdir(parents=True)
    (folder / "fdinfo").mkdir()
    (folder / "fd" / "3").symlink_to("anon_inode:inotify")
    (folder / "fdinfo" / "3").write_text("pos: 0\n" + "inotify wd:1 ino:2\n" * watches)
    (folder / "fd" / "4").symlink_to("/dev/null")


def test_watches_in_use_are_counted_over_the_users_processes(tmp_path):
    limits = tmp_path / "sys/fs/inotify"
    limits.mkdir(parents=True)
    (limits / "max_user_watches").write_text("65536\n")
    (limits / "max_user_instances").write_text("128\n")
    process(tmp_path, 11, 3)
    process(tmp_path, 12, 4)
    (tmp_path / "13").mkdir()  # ended meanwhile
    assert measure.watches(tmp_path) == Watches(7, 65536, 2, 128)


@pytest.mark.skipif(not Path("/proc/sys/fs/inotify").exists(), reason="no inotify here")
def test_this_machines_own_watches_are_seen():
    found = measure.watches()
    assert found is not None
    assert 0 <= found.used <= found.most


def test_without_inotify_there_is_nothing_to_count(tmp_path):
    assert measure.watches(tmp_path) is None


@pytest.mark.parametrize(("argv", "said"), [(("echo", "yes"), "yes\n"), (("false",), ""), (("no-such-command",), "")])
def test_a_command_that_cannot_be_asked_says_nothing(argv, said):
    assert measure.said_by(*argv) == said


def test_policy_files_are_read(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text('{"a": 1}')
    (tmp_path / "b.txt").write_text("no policy")
    monkeypatch.setattr(measure, "POLICIES", (tmp_path, tmp_path / "none"))
    assert measure.policy_texts() == ['{"a": 1}']


@pytest.mark.parametrize(("kernel", "found"), [("5.15.1-microsoft-standard-WSL2\n", True), ("6.1.0-amd64\n", False)])
def test_the_hosts_file_of_windows_is_seen_from_wsl_alone(tmp_path, kernel, found):
    place = tmp_path / "c/Windows/System32/drivers/etc/hosts"
    for path, content in ((tmp_path / "sys/kernel/osrelease", kernel), (place, "127.0.0.1 web.test")):
        path.parent.mkdir(parents=True)
        path.write_text(content)
    assert measure.windows_hosts(tmp_path, tmp_path / "c") == ((place, b"127.0.0.1 web.test") if found else None)


def test_wsl_without_its_drive_is_no_error(tmp_path):
    assert measure.windows_hosts(tmp_path, tmp_path) is None
