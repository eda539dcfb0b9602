import os
import secrets
import subprocess
import sys
import time
from signal import SIGTERM

import pytest

from devserve.io.run import orphans
from devserve.io.run.orphans import read_orders
from devserve.io.run.warden import PROGRAM
from support.running import ignored_signals, is_gone, wait_until

MARKER = f"DEVSERVE_RUN={secrets.token_hex(8)}"  # of this test run alone
COMMAND = [sys.executable, "-I", "-S", str(PROGRAM), MARKER]
UNTIL_TERM = ["sleep", "100"]


@pytest.mark.parametrize(
    ("orders", "groups", "orderly"),
    [
        ([], set(), False),
        (["+12\n", "+13\n", "-12\n"], {13}, False),
        (["-12\n", "+12\n"], {12}, False),
        (["+12\n", "close\n"], {12}, True),
        (["close\n", "+12\n"], {12}, True),
        (["clo"], set(), False),
    ],
)
def test_orders_leave_the_groups_that_run(orders, groups, orderly):
    assert read_orders(orders) == (groups, orderly)


@pytest.fixture
def started():
    """Start commands in sessions of their own; what a test leaves running is killed."""
    processes = []

    def start(marker, argv=UNTIL_TERM):
        name, _, value = marker.partition("=")
        process = subprocess.Popen(argv, env={"PATH": os.environ["PATH"], name: value}, start_new_session=True)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def run_with(orders, grace=0.3):
    return subprocess.run([*COMMAND, str(grace)], input=orders.encode(), check=True, timeout=10)


def test_a_death_ends_the_groups_and_what_is_marked_and_nothing_else(started):
    group, marked, stranger, other_run = (started(marker) for marker in ("A=1", MARKER, f"X{MARKER}", f"{MARKER}4"))
    run_with(f"+{group.pid}\n")
    assert [process.poll() for process in (group, marked, stranger, other_run)] == [-15, -15, None, None]


def test_an_orderly_end_ends_the_groups_and_what_left_them(started):
    group, left = started("A=1"), started(MARKER)
    run_with(f"+{group.pid}\nclose\n")
    assert (group.wait(5), left.wait(5)) == (-15, -15)


def test_what_ignores_the_signal_is_killed(started):
    script = ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"]
    stubborn = started(MARKER, script)
    wait_until(lambda: SIGTERM in ignored_signals(stubborn.pid))
    run_with("")
    assert is_gone(stubborn.pid)
    assert stubborn.wait(5) == -9


def test_a_group_that_is_gone_is_left_alone(started):
    started("A=1")
    gone = started("A=1", ["true"])
    gone.wait()
    run_with(f"+{gone.pid}\nclose\n")


def test_what_shows_its_marker_only_after_devserve_died_is_found(started, monkeypatch):
    late = started(MARKER)
    found = iter([set(), set(), {late.pid}])
    monkeypatch.setattr(orphans, "marked", lambda marker, groups: next(found, set()))
    orphans.end(set(), MARKER, 5.0, orderly=False)
    assert late.wait(5) == -SIGTERM


def test_a_group_of_zombies_is_not_waited_for(started):
    zombie = started("A=1", ["true"])
    wait_until(lambda: is_gone(zombie.pid))
    began = time.monotonic()
    run_with(f"+{zombie.pid}\nclose\n", grace=5)
    assert time.monotonic() - began < 5


def test_a_marked_process_of_a_group_is_ended_with_its_group_and_not_twice(started):
    process = started(MARKER)
    wait_until(lambda: orphans.marked(MARKER, set()) == {process.pid})
    assert orphans.marked(MARKER, {process.pid}) == set()
