import os
import subprocess
import sys
from signal import SIGKILL

import psutil
import pytest

from devserve.io.run import groups, ports
from support.running import on_both_loops, wait_until


@pytest.fixture
def group():
    with subprocess.Popen(["sleep", "100"], start_new_session=True) as process:
        yield process.pid
        process.kill()


def test_a_group_lives_as_long_as_a_process_of_it(group):
    assert groups.is_alive(group)
    assert [process.pid for process in groups.members(group)] == [group]


def test_a_group_of_zombies_does_not_live(group):
    groups.send(group, SIGKILL)
    wait_until(lambda: not groups.is_alive(group))
    os.killpg(group, 0)  # it is still there: nobody has waited for it


# exit(2), which unlike Python's own exit ends one thread. A busy machine leaves a Node.js that ends like this for long.
WITHOUT_ITS_FIRST_THREAD = """
import ctypes, platform, socket, threading
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=threading.Event().wait).start()
print(server.getsockname()[1], flush=True)
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
"""


@pytest.fixture
def half_ended():
    command = [sys.executable, "-c", WITHOUT_ITS_FIRST_THREAD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        yield process.pid, int(process.stdout.readline())
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems show no threads of a process that ends")
def test_a_process_that_has_not_ended_with_all_its_threads_lives_and_holds_its_port(half_ended):
    group, port = half_ended
    wait_until(lambda: psutil.Process(group).status() == psutil.STATUS_ZOMBIE)
    assert groups.is_alive(group)
    assert not ports.is_free(port)
    groups.send(group, SIGKILL)
    wait_until(lambda: not groups.is_alive(group))
    assert ports.is_free(port)


def test_a_group_that_is_gone_gets_no_signal(group):
    groups.send(group, SIGKILL)
    os.waitpid(group, 0)
    groups.send(group, SIGKILL)
    assert not groups.is_alive(group)


@on_both_loops
def test_waiting_for_an_empty_group_has_an_end(run, group):
    assert run(groups.emptied(group, 0.02)) is False
    groups.send(group, SIGKILL)
    assert run(groups.emptied(group, 5.0)) is True
