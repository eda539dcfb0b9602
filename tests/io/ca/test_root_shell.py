import json
import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from devserve.ca.steps import Run
from devserve.errors import TrustStoreError
from devserve.io.ca.root_shell import RootShell, as_the_user

AS_THE_USER = """
import json, os, sys
from pathlib import Path
from devserve.ca.steps import Run
from devserve.io.ca.root_shell import as_the_user
with as_the_user(os.environ) as shell:
    Path(sys.argv[1], "mine").write_text("")
    print(json.dumps([os.geteuid(), os.environ["HOME"], shell.run(Run(("id", "-u"))).strip()]))
"""
EVERY_BYTE = bytes(range(1, 256)) + b"without an end of line"


@pytest.fixture
def shell():
    shell = RootShell(("sh",))
    yield shell
    shell.close()


def test_a_command_gets_its_stdin_and_gives_its_output(shell):
    assert shell.run(Run(("cat",), stdin=b"certificate")) == "certificate"
    assert shell.run(Run(("cat",))) == ""
    assert shell.run(Run(("printf", "%s", "a 'quoted' \"$HOME\" word"))) == "a 'quoted' \"$HOME\" word"


def test_every_byte_arrives_as_it_is(shell, tmp_path):
    shell.run(Run(("install", "-m", "644", "/dev/stdin", str(tmp_path / "a b")), stdin=EVERY_BYTE))
    assert (tmp_path / "a b").read_bytes() == EVERY_BYTE


def test_all_commands_run_in_one_shell(shell):
    parents = {shell.run(Run(("sh", "-c", "echo $PPID"))) for _ in range(3)}
    assert len(parents) == 1


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        (Run(("sh", "-c", "echo bad database >&2; exit 7")), r"^`sh -c .*` failed with status 7: bad database$"),
        (Run(("false",)), r"^`false` failed with status 1: it said nothing$"),
        (Run(("no-such-command",)), r"^`no-such-command` failed with status 127: .*not found"),
    ],
)
def test_a_failure_names_the_command_and_its_complaint_and_the_next_goes_on(shell, step, complaint):
    with pytest.raises(TrustStoreError, match=complaint):
        shell.run(step)
    assert shell.run(Run(("echo", "fine"))) == "fine\n"


def test_a_command_that_does_not_end_is_given_up_and_no_other_waits_behind_it():
    shell = RootShell(("sh",))
    with pytest.raises(TrustStoreError, match=r"^`sleep 2` did not end within 0.05 s$"):
        shell.run(Run(("sleep", "2"), timeout=0.05))
    with pytest.raises(TrustStoreError, match=r"still waits for `sleep 2`"):
        shell.run(Run(("true",)))
    shell.close()


def test_nobody_is_asked_twice_when_sudo_refuses(tmp_path):
    log = tmp_path / "log"
    refusing = RootShell(("sh", "-c", f"echo asked >> {log}; exit 1"))
    for _ in range(2):
        with pytest.raises(TrustStoreError, match="nobody became root"):
            refusing.run(Run(("true",)))
    assert log.read_text() == "asked\n"


def test_without_sudo_the_sentence_says_so():
    with pytest.raises(TrustStoreError, match="no-such-sudo is not installed"):
        RootShell(("no-such-sudo", "--", "sh")).run(Run(("true",)))


def test_a_shell_that_is_not_needed_is_never_begun(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with as_the_user({}) as shell:
        assert "not begun" in repr(shell)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be called by sudo")
def test_root_without_sudo_needs_no_shell():
    with as_the_user({}) as shell:
        assert shell is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be called by sudo")
def test_under_sudo_files_are_the_callers_and_one_shell_stays_root():
    nobody = pwd.getpwnam("nobody")
    sudo = {"SUDO_UID": str(nobody.pw_uid), "SUDO_GID": str(nobody.pw_gid)}
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        command = [sys.executable, "-c", AS_THE_USER, folder]
        done = subprocess.run(command, env={**os.environ, **sudo}, capture_output=True, check=True)
        assert json.loads(done.stdout) == [nobody.pw_uid, nobody.pw_dir, "0"]
        assert Path(folder, "mine").stat().st_uid == nobody.pw_uid
