import os
import subprocess
import sys
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM

import psutil
import pytest

from devserve.io.run.survivors import MARKER, Records
from devserve.io.run.warden import Warden
from devserve.run.survivors import record_in
from support.running import a_warden, ignored_signals, is_gone, on_both_loops, until, wait_until

TESTS = Path(__file__).parents[2]
# A child, one that ignores TERM, one in a session of its own, one in a session of its own that was orphaned; `up` last.
BROOD = """
sleep 100 & echo $!
sh -c 'trap "" TERM; echo $$; while :; do sleep 0.1; done' &
setsid sh -c 'echo $$; exec sleep 100' &
(setsid sh -c 'echo $$; exec sleep 100' &)
sleep 0.2; echo up; wait
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the warden cannot see who left a group")
def test_nothing_is_left_when_devserve_is_killed():
    doomed = [
        subprocess.Popen(
            [sys.executable, "-m", "support.running_doomed", loop, BROOD], cwd=TESTS, stdout=subprocess.PIPE, text=True
        )
        for loop in ("asyncio", "uvloop")
    ]
    pids = [int(line) for process in doomed for line in iter(process.stdout.readline, "up\n")]
    assert [is_gone(pid) for pid in pids] == [False] * 8
    for process in doomed:
        process.kill()
        process.communicate()
    wait_until(lambda: all(map(is_gone, pids)))


@pytest.fixture
def child():
    """A process in a group of its own."""
    with subprocess.Popen(["sleep", "100"], start_new_session=True) as process:
        yield process
        process.kill()


@on_both_loops
def test_an_orderly_end_is_quick_and_ends_the_warden(run):
    async def test():
        warden = Warden()
        await warden.close()
        return is_gone(warden.pid)

    assert run(test())


@on_both_loops
def test_a_group_that_runs_at_an_orderly_end_is_ended(run, child):
    async def test():
        async with a_warden() as warden:
            warden.watch(child.pid)

    run(test())
    assert child.wait(5) == -SIGTERM


@on_both_loops
def test_a_group_that_was_taken_back_is_not_ended(run, child):
    async def test():
        async with a_warden() as warden:
            warden.watch(child.pid)
            warden.forget(child.pid)
            warden.forget(child.pid)

    run(test())
    assert child.poll() is None


@on_both_loops
def test_an_orderly_end_ends_what_left_its_group(run):
    async def test():
        async with a_warden() as warden:
            return in_a_session_of_its_own(warden.environment)

    with run(test()) as left:
        assert left.wait(5) == -SIGTERM


def in_a_session_of_its_own(environment):
    return subprocess.Popen(["sleep", "100"], start_new_session=True, env={**os.environ, **environment})


@on_both_loops
def test_no_signal_of_a_terminal_ends_the_warden(run):
    async def test():
        async with a_warden() as warden:
            await until(lambda: ignored_signals(warden.pid) >= {SIGINT, SIGTERM, SIGHUP})
            for signal in (SIGINT, SIGTERM, SIGHUP):
                os.kill(warden.pid, signal)
            assert os.getsid(warden.pid) == warden.pid
            return is_gone(warden.pid)

    assert run(test()) is False


@on_both_loops
def test_another_warden_takes_the_place_of_one_that_was_killed(run, child, caplog):
    async def test():
        async with a_warden() as warden:
            warden.watch(child.pid)
            first = warden.pid
            os.kill(first, SIGKILL)
            await until(lambda: is_gone(first))
            warden.watch(other := os.getpid() + 2**22)  # beyond pid_max: no process has it
            warden.forget(other)
            assert warden.pid != first

    run(test())
    assert child.wait(5) == -SIGTERM
    assert "was ended by somebody; another one takes its place" in caplog.text


@on_both_loops
def test_the_warden_has_no_marker_and_no_folder_and_each_run_its_own(run, monkeypatch):
    monkeypatch.setenv(MARKER, "of an outer devserve")

    async def test():
        async with a_warden() as one, a_warden() as other:
            assert one.environment != other.environment
            return psutil.Process(one.pid).environ(), psutil.Process(one.pid).cwd()

    environment, folder = run(test())
    assert (environment.get(MARKER), folder) == (None, "/")


@on_both_loops
def test_what_runs_is_written_down_as_long_as_it_does(run, child, tmp_path):
    async def test():
        warden = Warden(records=Records(tmp_path))
        warden.watch(child.pid, "web")
        record = record_in((tmp_path / f"{child.pid}.json").read_text())
        assert (record.name, record.process.pid, record.devserve.pid) == ("web", child.pid, os.getpid())
        assert (record.warden.pid, record.marker) == (warden.pid, warden.environment[MARKER])
        warden.forget(child.pid)
        await warden.close()
        return list(tmp_path.iterdir())

    assert run(test()) == []
