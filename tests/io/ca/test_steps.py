import os
import sys
from pathlib import Path

import pytest

from devserve.ca.steps import MakeFolder, ReadFile, RemoveFile, Run, WriteFile
from devserve.errors import TrustStoreError
from devserve.io.ca.root_shell import RootShell
from devserve.io.ca.steps import carry_out, carry_out_all, elevated

OWN_SESSION = "import os; print(os.getsid(0) == os.getpid())"


@pytest.fixture
def a_user_with_sudo(tmp_path, monkeypatch):
    """Make us look like a normal user whose sudo notes what it is asked to run, and runs it."""
    log = tmp_path / "sudo.log"
    sudo = tmp_path / "bin" / "sudo"
    sudo.parent.mkdir()
    sudo.write_text(f'#!/bin/sh\nshift\necho "$*" >> "{log}"\nexec "$@"\n')
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sudo.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return log


def test_a_command_gets_its_stdin_and_gives_its_output():
    assert carry_out(Run(("cat",), stdin=b"certificate")) == "certificate"


def test_a_command_without_stdin_never_waits_for_a_terminal():
    assert carry_out(Run(("cat",))) == ""
    assert carry_out(Run((sys.executable, "-c", OWN_SESSION))) == "True\n"


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        (Run(("sh", "-c", "echo bad database >&2; exit 7")), r"^`sh -c .*` failed with status 7: bad database$"),
        (Run(("sh", "-c", "echo told on stdout; exit 1")), r"status 1: told on stdout$"),
        (Run(("sh", "-c", "echo no such alias; echo a remark >&2; exit 1")), r": no such alias; a remark$"),  # keytool
        (Run(("sh", "-c", "for i in 1 2 3 4 5; do echo line $i >&2; done; false")), r": line 3; line 4; line 5$"),
        (Run(("false",)), r"^`false` failed with status 1: it said nothing$"),
        (Run(("no-such-command",)), r"^`no-such-command` failed: no-such-command is not installed$"),
        (Run(("sleep", "30"), timeout=0.05), r"^`sleep 30` did not end within 0.05 s$"),
        (WriteFile(Path("/nonexistent/file"), b""), r"/nonexistent/file: cannot be written"),
        (MakeFolder(Path("/dev/null/folder")), r"/dev/null/folder: .*cannot be made: Not a directory"),
        (RemoveFile(Path("/proc/self/status")), r"^`rm -f -- /proc/self/status` failed: "),
        (ReadFile(Path("/proc")), r"^`cat /proc` failed: Is a directory$"),
    ],
)
def test_a_failure_names_the_command_and_its_complaint(step, complaint):
    with pytest.raises(TrustStoreError, match=complaint):
        carry_out(step)


def test_files_are_written_read_and_removed(tmp_path):
    folder = tmp_path / "a" / "b"
    carry_out_all([MakeFolder(folder), WriteFile(folder / "file", b"text")])
    assert carry_out(ReadFile(folder / "file")) == "text"
    assert (folder / "file").stat().st_mode & 0o777 == 0o644
    carry_out_all([RemoveFile(folder / "file"), RemoveFile(folder / "file")])
    assert not list(folder.iterdir())


def test_no_file_reads_as_nothing(tmp_path):
    assert carry_out(ReadFile(tmp_path / "none")) == ""


def test_after_a_failure_no_step_runs_but_the_clearing_up(tmp_path):
    there, other = tmp_path / "there", tmp_path / "other"
    with pytest.raises(TrustStoreError):
        carry_out_all([WriteFile(there, b""), Run(("false",)), WriteFile(other, b""), RemoveFile(there)])
    assert not list(tmp_path.iterdir())


def test_only_steps_that_need_root_go_through_sudo(a_user_with_sudo, tmp_path):
    carry_out_all(
        [
            WriteFile(tmp_path / "mine", b"mine"),
            WriteFile(tmp_path / "a system's", b"data", needs_root=True),
            Run(("true", "x"), needs_root=True),
            RemoveFile(tmp_path / "gone", needs_root=True),
        ]
    )
    assert (tmp_path / "a system's").read_bytes() == b"data"
    assert (tmp_path / "a system's").stat().st_mode & 0o777 == 0o644
    assert a_user_with_sudo.read_text().splitlines() == [
        f"install -m 644 /dev/stdin {tmp_path}/a system's",
        "true x",
        f"rm -f -- {tmp_path}/gone",
    ]


def test_with_a_shell_sudo_runs_once_for_all_steps(a_user_with_sudo, tmp_path):
    shell = RootShell()
    steps = [WriteFile(tmp_path / "a", b"data", needs_root=True), Run(("true", "x"), needs_root=True)]
    carry_out_all([*steps, WriteFile(tmp_path / "mine", b"mine")], shell)
    shell.close()
    assert (tmp_path / "a").read_bytes() == b"data"
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert a_user_with_sudo.read_text().splitlines() == ["sh"]


def test_root_needs_no_sudo(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    step = Run(("true",), needs_root=True)
    assert elevated(step) is step
