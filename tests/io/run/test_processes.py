import asyncio
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from signal import SIGINT

import pytest

from devserve.config.values import Stop
from devserve.errors import ServiceError
from devserve.io.run import groups, processes, progress
from devserve.io.run.processes import LAST_LINES, Process, TaskResult, run_task
from devserve.run.lines import LONGEST_LINE
from support.running import a_command, a_lasting_warden, descriptors, is_gone, on_both_loops, until

SOON = Stop(grace=0.1)
IGNORES_TERM = "trap '' TERM; echo up; while :; do sleep 0.02; done"


@pytest.fixture(scope="module")
def warden():
    with a_lasting_warden() as warden:
        yield warden


@asynccontextmanager
async def running(warden, script, **options):
    """Run a script with its lines until the block ends."""
    lines = []
    process = Process("web", a_command(script), warden, lines.append, **options)
    try:
        yield process, lines
    finally:
        await process.stop(SOON)


async def ended(warden, script):
    async with running(warden, script) as (process, lines):
        return await process.wait(), list(lines)


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", -9), ("kill $$", -15)])
@on_both_loops
def test_waits_for_the_end_and_tells_how_it_was(run, warden, script, code):
    assert run(ended(warden, script)) == (code, [])


@on_both_loops
def test_waits_in_a_thread_where_the_system_has_no_pidfd(run, warden, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    assert run(ended(warden, "echo there; exit 3")) == (3, ["there"])


@on_both_loops
def test_all_that_was_written_before_the_end_has_come_when_it_is_over(run, warden):
    _, lines = run(ended(warden, "seq 100; printf 'no newline'"))
    assert lines == [*map(str, range(1, 101)), "no newline"]


@on_both_loops
def test_a_hundred_thousand_lines_all_come_in_order(run, warden):
    _, lines = run(ended(warden, "seq 100000"))
    assert lines == [str(number) for number in range(1, 100_001)]


@on_both_loops
def test_ten_megabytes_without_a_newline_come_in_pieces(run, warden):
    _, lines = run(ended(warden, "head -c 10485760 /dev/zero | tr '\\0' x"))
    assert [len(line) for line in lines] == [LONGEST_LINE] * 160


@on_both_loops
def test_a_flood_of_lines_is_rested_from_and_goes_on(run, warden):
    async def test():
        async with running(warden, "exec yes") as (process, lines):
            for _ in range(3):
                await until(lambda: process._resting)
                process._resting = None  # another rest follows only after more was read
            read = len(lines)
            await until(lambda: len(lines) > read)
            await process.stop(SOON)
            return set(lines)

    assert run(test()) == {"y"}


@on_both_loops
def test_a_line_comes_while_the_process_runs(run, warden):
    async def test():
        async with running(warden, "echo first; sleep 100") as (process, lines):
            await until(lambda: lines == ["first"])
            return repr(process) == f"<Process web pid {process.pid} running>"

    assert run(test())


@on_both_loops
def test_a_process_that_ignores_the_signal_is_killed_after_its_grace(run, warden, caplog):
    async def test():
        async with running(warden, IGNORES_TERM) as (process, lines):
            await until(lambda: lines)
            await process.stop(SOON)
            assert is_gone(process.pid)
            return await process.wait(), repr(process).removeprefix(f"<Process web pid {process.pid} ")

    assert run(test()) == (-9, "signal KILL>")
    assert "web: still ran 0.1 s after signal TERM, so it is killed. Mend its handling" in caplog.text


@on_both_loops
def test_a_process_gets_the_signal_it_asked_for(run, warden, caplog):
    async def test():
        async with running(warden, "trap 'echo asked; exit 5' INT; echo up; while :; do sleep 0.02; done") as (
            process,
            lines,
        ):
            await until(lambda: lines)
            await process.stop(Stop(SIGINT, 5.0))
            return await process.wait(), lines[-1]

    assert run(test()) == (5, "asked")
    assert caplog.text == ""


GRANDCHILDREN = {
    "of a shell that waits": "sleep 100 & echo $!; wait",
    "that ignores the signal, of a shell that does not": (
        f'trap "exit 0" TERM; sh -c "echo \\$\\$; {IGNORES_TERM}" & while :; do sleep 0.02; done'
    ),
}


@pytest.mark.parametrize("script", GRANDCHILDREN.values(), ids=GRANDCHILDREN)
@on_both_loops
def test_a_stop_ends_a_grandchild(run, warden, script):
    async def test():
        async with running(warden, script) as (process, lines):
            await until(lambda: lines)
            await process.stop(SOON)
            return is_gone(int(lines[0]))

    assert run(test())


@on_both_loops
def test_a_grandchild_that_holds_the_output_is_not_waited_for(run, warden):
    async def test():
        async with running(warden, "sleep 100 & echo $!; exit 4") as (process, lines):
            code = await process.wait()
            assert process.left_processes()
            assert not is_gone(int(lines[0]))
            await process.stop(SOON)
            assert is_gone(int(lines[0]))
            return code

    assert run(test()) == 4


@on_both_loops
def test_a_grandchild_that_writes_without_end_is_not_read_for_ever(run, warden):
    async def test():
        async with running(warden, "yes & sleep 0.05; exit 4") as (process, lines):
            code = await process.wait()
            await process.stop(SOON)
            return code, lines[0]

    assert run(test()) == (4, "y")


# A process of another group has a dead child in the group of the command and never looks at it.
LEAVES_A_ZOMBIE = """
import os, time
group = os.getpid()
if os.fork() == 0:
    os.setpgid(0, 0)
    dead = os.fork()
    if dead == 0:
        os.setpgid(0, group)
        os._exit(0)
    os.waitid(os.P_PID, dead, os.WEXITED | os.WNOWAIT)
    print(os.getpid(), flush=True)
time.sleep(100)
"""


@on_both_loops
def test_a_zombie_is_not_waited_for(run, warden):
    async def test():
        lines = []
        command = a_command([sys.executable, "-I", "-S", "-c", LEAVES_A_ZOMBIE])
        process = Process("web", command, warden, lines.append)
        await until(lambda: lines)
        began = time.monotonic()
        await process.stop(Stop(grace=10.0))
        taken = time.monotonic() - began
        os.killpg(process.pid, 0)  # the zombie keeps the group
        os.kill(int(lines[0]), 9)
        return taken

    assert run(test()) < 5.0


@on_both_loops
def test_a_second_stop_waits_for_the_first_and_a_cancelled_one_does_not_break_it_off(run, warden):
    async def test():
        async with running(warden, IGNORES_TERM) as (process, lines):
            await until(lambda: lines)
            first = asyncio.ensure_future(process.stop(SOON))  # noqa: TID251 - to be cancelled
            await asyncio.sleep(0)
            first.cancel()
            await process.stop(Stop(grace=100.0))
            return is_gone(process.pid)

    assert run(test())


DESCRIPTOR_PATHS = {
    "ends by itself": "exit 0",
    "closes its output": "exec >&- 2>&-; sleep 0.05",
    "is stopped": "sleep 100",
    "is killed": IGNORES_TERM,
    "leaves a child": "sleep 100 &",
}


@pytest.mark.parametrize("script", DESCRIPTOR_PATHS.values(), ids=DESCRIPTOR_PATHS)
@pytest.mark.parametrize("hold_stdin", [True, False])
@on_both_loops
def test_no_descriptor_is_left_when_a_command(run, warden, script, hold_stdin):
    async def test():
        before = descriptors()
        lines = []
        process = Process("web", a_command(script), warden, lines.append, hold_stdin=hold_stdin)
        assert descriptors() > before
        if script == IGNORES_TERM:
            await until(lambda: lines)
        elif script != "sleep 100":
            await process.wait()
        await process.stop(Stop(grace=0.05))
        return descriptors() - before

    assert run(test()) == 0


@on_both_loops
def test_a_process_that_even_kill_does_not_end_is_given_up(run, warden, monkeypatch, caplog):
    monkeypatch.setattr(processes, "AFTER_KILL", 0.02)
    monkeypatch.setattr(groups, "send", lambda group, signal: None)  # as one in uninterruptible sleep takes it

    async def test():
        before = descriptors()
        process = Process("web", a_command("exec sleep 100"), warden, print)
        await process.stop(Stop(grace=0.02))
        assert descriptors() == before
        process._popen.kill()
        process._popen.wait()
        return await process.wait()

    assert run(test()) == -9
    assert "does not end on KILL. See `ps -s " in caplog.text


@on_both_loops
def test_a_command_that_cannot_be_started_leaves_no_trace(run, warden):
    async def test():
        before = descriptors()
        with pytest.raises(ServiceError, match="no-such-program"):
            Process("web", a_command(["no-such-program"]), warden, print)
        return descriptors() - before, repr(warden).endswith(" 0 groups>")

    assert run(test()) == (0, True)


@on_both_loops
def test_the_warden_knows_a_group_as_long_as_it_lives(run, warden):
    async def test():
        process = Process("web", a_command("exit 0"), warden, print)
        during = repr(warden)
        await process.stop(SOON)
        return during.endswith(" 1 groups>"), repr(warden).endswith(" 0 groups>")

    assert run(test()) == (True, True)


@on_both_loops
def test_a_secret_is_in_no_line_of_a_process_or_task(run, warden):
    async def test():
        lines = []
        command = replace(a_command("echo key sk_live_4eC39H.; printf sk_live_4eC39H"), secrets=("sk_live_4eC39H",))
        result = await run_task("web", command, warden, lines.append)
        return lines, list(result.last_lines)

    assert run(test()) == (["key •••.", "•••"],) * 2


@on_both_loops
def test_what_takes_long_to_end_or_to_be_done_is_said(run, warden, monkeypatch, caplog):
    monkeypatch.setattr(progress, "moments", lambda: iter([0.05, 1000.0]))
    caplog.set_level("INFO")

    async def test():
        async with running(warden, IGNORES_TERM) as (process, lines):
            await until(lambda: lines)
            await process.stop(Stop(grace=0.5))
        await run_task("web", a_command("sleep 0.3"), warden, print)

    run(test())
    assert "web: its processes are still ending (0.05 s); 0.5 s after signal TERM they are killed" in caplog.messages
    assert "web: the task sh still runs (0.05 s)" in caplog.messages


# Tasks.


async def task_of(warden, script, **options):
    lines = []
    return await run_task("web", a_command(script), warden, lines.append, **options), lines


@on_both_loops
def test_a_task_tells_how_it_ended_and_its_last_lines_without_colours(run, warden):
    result, lines = run(task_of(warden, "seq 99; printf '\\033[31mred\\033[m\\n'; exit 2"))
    assert (result.status, len(result.last_lines), result.last_lines[-2:]) == (2, LAST_LINES, ("99", "red"))
    assert lines[-1] == "\x1b[31mred\x1b[m"
    assert 0 < result.seconds < 5


@on_both_loops
def test_a_task_that_asks_finds_no_one(run, warden):
    result, _ = run(task_of(warden, "read answer || echo nobody"))
    assert (result.status, result.last_lines) == (0, ("nobody",))


@on_both_loops
def test_a_task_that_takes_too_long_is_ended(run, warden, caplog):
    result, _ = run(task_of(warden, "sleep 100 & wait", timeout=0.05))
    assert (result.status, result.seconds < 5) == (-15, True)
    assert "web: the task sh took longer than 0.05 s and is ended" in caplog.text


@on_both_loops
def test_a_task_leaves_nothing_running(run, warden):
    result, lines = run(task_of(warden, "sleep 100 & echo $!"))
    assert isinstance(result, TaskResult)
    assert is_gone(int(lines[0]))


@on_both_loops
def test_a_cancelled_task_is_ended_with_all_it_started(run, warden):
    async def test():
        lines = []
        work = run_task("web", a_command("sleep 100 & echo $!; wait"), warden, lines.append)
        task = asyncio.ensure_future(work)  # noqa: TID251 - to be cancelled
        await until(lambda: lines)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled(), is_gone(int(lines[0]))

    assert run(test()) == (True, True)
