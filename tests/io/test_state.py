import os
import subprocess
import sys
from pathlib import Path

import pytest

from devserve.errors import DevserveError
from devserve.io import state

FULL_DISK = """
import resource, sys
from pathlib import Path
from devserve.io import state
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
state.write_atomic(Path(sys.argv[1]), b"n" * 5000)
"""
HOLDER = """
import sys
from pathlib import Path
from devserve.io import state
with state.lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_home_is_where_the_variable_says_and_for_its_owner_alone(monkeypatch, tmp_path, open_umask):
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "a b" / "home"))
    assert state.home() == tmp_path / "a b" / "home"
    assert mode_of(state.home()) == 0o700


def test_the_home_is_the_platforms_without_the_variable(monkeypatch, tmp_path):
    monkeypatch.delenv("DEVSERVE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert state.home().name == "devserve"
    assert state.home().is_relative_to(tmp_path)


def test_a_relative_home_becomes_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEVSERVE_HOME", "here")
    assert state.home() == tmp_path / "here"


def test_a_file_in_the_homes_place_is_named_with_the_way_out(monkeypatch, tmp_path):
    (tmp_path / "home").write_text("mine")
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "home"))
    with pytest.raises(DevserveError, match=r"home: .*cannot be made: File exists.*DEVSERVE_HOME"):
        state.home()
    assert (tmp_path / "home").read_text() == "mine"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_written_file_has_its_mode_whatever_the_umask(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        state.write_atomic(tmp_path / "file", b"data", mode)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == mode
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"data"]


def test_a_private_file_is_private_before_its_first_byte(tmp_path, monkeypatch, open_umask):
    seen = []
    fdopen = os.fdopen
    monkeypatch.setattr(os, "fdopen", lambda *given: seen.append(os.fstat(given[0])) or fdopen(*given))
    state.write_atomic(tmp_path / "file", b"data")
    assert [(found.st_mode & 0o777, found.st_size) for found in seen] == [(0o600, 0)]


def test_a_link_in_the_files_place_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (tmp_path / "file").symlink_to(tmp_path / "elsewhere")
    state.write_atomic(tmp_path / "file", b"ours")
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"
    assert (tmp_path / "file").read_bytes() == b"ours"


def test_a_write_that_fails_halfway_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "file")]
    failed = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "cannot be written: File too large" in failed.stderr
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DevserveError, match=r"missing/file: cannot be written: No such file"):
        state.write_atomic(tmp_path / "missing" / "file", b"data")


def test_a_write_that_need_not_last_waits_for_no_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: pytest.fail("it waited"))
    state.write_atomic(tmp_path / "file", b"new", lasting=False)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"new")]


def test_what_an_interrupted_write_left_is_swept(tmp_path):
    (tmp_path / ".ca.pem.abcd1234.new").write_bytes(b"half")
    (tmp_path / "ca.pem").write_bytes(b"whole")
    (tmp_path / ".other.abcd1234.new").write_bytes(b"being written")
    state.sweep(tmp_path, "ca.pem")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.abcd1234.new", "ca.pem"]
    state.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]


def test_a_file_takes_anothers_place(tmp_path):
    (tmp_path / "next").write_bytes(b"new")
    (tmp_path / "file").write_bytes(b"old")
    state.rename(tmp_path / "next", tmp_path / "file")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"new")]
    with pytest.raises(DevserveError, match=r"file: cannot be written: No such file"):
        state.rename(tmp_path / "next", tmp_path / "file")


def test_what_cannot_be_removed_is_named(tmp_path):
    state.remove(tmp_path / "none")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DevserveError, match=r"folder: cannot be removed: Is a directory"):
        state.remove(tmp_path / "folder")


def test_a_lock_is_held_once(tmp_path):
    with (
        state.lock(tmp_path / "lock"),
        pytest.raises(DevserveError, match=r"lock: another devserve holds this lock.*lsof"),
        state.lock(tmp_path / "lock", patience=0.05),
    ):
        pass
    with state.lock(tmp_path / "lock", patience=0):
        assert mode_of(tmp_path / "lock") == 0o600


def test_a_lock_ends_with_its_process_however_that_ends(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DevserveError), state.lock(tmp_path / "lock", patience=0):
            pass
        holder.kill()
    with state.lock(tmp_path / "lock", patience=0):
        pass


def test_a_lock_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "lock").mkdir()
    with pytest.raises(DevserveError, match=r"lock: cannot be locked: Is a directory"), state.lock(tmp_path / "lock"):
        pass
