import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace

import pytest

from devserve.errors import DevserveError
from devserve.io import state
from devserve.io.run import survivors
from devserve.io.run.survivors import MARKER, Records, find, folder_in, identity, settle
from devserve.run.survivors import Identity, record_in, record_text
from support.running import is_gone, wait_until

DEAD = Identity(2**22 + 1, "")
MARK = "this run"


@pytest.fixture
def start():
    """Start a script as devserve would: in a session of its own, with its run's marker."""
    with ExitStack() as running:

        def start(script, marker=MARK):
            process = running.enter_context(
                subprocess.Popen(
                    ["sh", "-c", script],
                    env={**os.environ, MARKER: marker},
                    start_new_session=True,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            running.callback(lambda: is_gone(process.pid) or process.kill())
            return process

        yield start


def edit(folder, **changes):
    """Change all records."""
    for file in folder.iterdir():
        file.write_text(record_text(replace(record_in(file.read_text()), **changes)))


def survive(folder):
    """Let it look as if devserve and the warden had been killed."""
    edit(folder, devserve=DEAD, warden=DEAD)


def test_a_process_is_known_again_and_its_successor_is_not(start):
    process = start("exec sleep 100")
    first = identity(process.pid)
    assert first == identity(process.pid) != identity(os.getpid())
    process.kill()
    wait_until(lambda: identity(process.pid) is None)


def test_what_a_living_devserve_runs_is_no_survivor(tmp_path, start):
    records = Records(tmp_path)
    process = start("exec sleep 100")
    records.add("web", process.pid, MARK, os.getpid())
    assert find(tmp_path) == []
    assert [file.name for file in tmp_path.iterdir()] == [f"{process.pid}.json"]
    records.remove(process.pid)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_runs_without_devserve_and_warden_is_a_survivor(tmp_path, start):
    process = start("exec sleep 100")
    Records(tmp_path).add("web", process.pid, MARK, os.getpid())
    survive(tmp_path)
    assert [(each.name, each.process.pid) for each in find(tmp_path)] == [("web", process.pid)]


def test_what_a_dead_leader_left_in_its_group_is_a_survivor(tmp_path, start):
    process = start("sleep 100 & echo $!; wait")
    child = int(process.stdout.readline())
    Records(tmp_path).add("web", process.pid, MARK, os.getpid())
    survive(tmp_path)
    process.kill()
    process.wait()
    assert len(find(tmp_path)) == 1
    edit(tmp_path, marker="another run")
    assert find(tmp_path) == []
    os.kill(child, 9)


def test_a_later_process_with_the_same_number_is_none(tmp_path, start):
    process = start("exec sleep 100", marker="another run")
    Records(tmp_path).add("web", process.pid, MARK, os.getpid())
    survive(tmp_path)
    edit(tmp_path, process=Identity(process.pid, "earlier"))
    assert find(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_warden_that_still_ends_it_is_waited_for(tmp_path, start):
    process = start("sleep 0.1")
    Records(tmp_path).add("web", process.pid, MARK, os.getpid())
    edit(tmp_path, devserve=DEAD)
    assert find(tmp_path) == []


def test_a_warden_that_does_not_come_to_its_end_is_not_waited_for_for_ever(tmp_path, start, monkeypatch):
    monkeypatch.setattr(survivors, "WARDENS", 0.05)
    Records(tmp_path).add("web", start("exec sleep 100").pid, MARK, os.getpid())
    edit(tmp_path, devserve=DEAD)
    assert len(find(tmp_path)) == 1


def test_survivors_are_ended_when_a_person_agrees(tmp_path, start, caplog):
    caplog.set_level("INFO")
    polite, stubborn = start("exec sleep 100"), start("trap '' TERM; echo up; while :; do sleep 0.05; done")
    stubborn.stdout.readline()
    records = Records(tmp_path)
    for name, process in (("polite", polite), ("stubborn", stubborn)):
        records.add(name, process.pid, MARK, os.getpid())
    survive(tmp_path)
    asked = []
    settle(tmp_path, lambda question: not asked.append(question))
    assert asked == [
        f"polite (pid {polite.pid}), stubborn (pid {stubborn.pid}) still run: the devserve that started them was"
        " killed. End them?"
    ]
    assert is_gone(polite.pid)
    assert is_gone(stubborn.pid)
    assert f"stubborn (pid {stubborn.pid}) is ended" in caplog.text


@pytest.mark.parametrize("ask", [None, lambda question: False], ids=["nobody to ask", "no"])
def test_survivors_that_stay_are_named_with_their_port_and_the_command(tmp_path, start, caplog, ask):
    listens = "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)"
    process = start(f"exec {sys.executable} -I -S -c \"{listens}; __import__('time').sleep(100)\"")
    port = int(process.stdout.readline())
    Records(tmp_path).add("web", process.pid, MARK, os.getpid())
    survive(tmp_path)
    settle(tmp_path, ask)
    assert (
        f"web (pid {process.pid}, on port {port}) still runs: the devserve that started it was killed. "
        f"End it with `kill -- -{process.pid}`"
    ) in caplog.text
    assert not is_gone(process.pid)


def test_nothing_is_said_when_nothing_survived(tmp_path, caplog):
    settle(folder_in(tmp_path), None)
    assert caplog.text == ""


def test_what_is_no_record_is_passed_over(tmp_path):
    (tmp_path / "1.json").write_text(json.dumps({"version": 9}))
    (tmp_path / "2.json").mkdir()
    assert find(tmp_path) == []


def test_a_process_that_has_ended_already_is_not_written_down(tmp_path):
    records = Records(tmp_path)
    records.add("web", DEAD.pid, MARK, os.getpid())
    assert list(tmp_path.iterdir()) == []
    assert repr(records) == f"<Records in {tmp_path}>"


def test_a_full_disk_keeps_no_service_from_running(tmp_path, start, monkeypatch, caplog):
    def full(*_, **__):
        raise DevserveError("run/1.json: cannot be written: No space left on device.")

    monkeypatch.setattr(state, "write_atomic", full)
    Records(tmp_path).add("web", start("exec sleep 100").pid, MARK, os.getpid())
    assert "No space left on device" in caplog.text
