import os
import subprocess
from signal import SIGKILL

import pytest

from devserve.io.run import groups
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
