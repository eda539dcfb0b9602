"""Real processes on both event loops, and whether they are gone."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
import uvloop

from devserve.io.run.warden import Warden
from devserve.run.command import Command

Result = TypeVar("Result")
DEADLINE = 15.0


def runner_on(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> Callable[[Coroutine[None, None, Result]], Result]:
    """Return a function that runs a test's coroutine on a loop of this kind, with a deadline."""

    def run(test: Coroutine[None, None, Result]) -> Result:
        async def bounded() -> Result:
            async with asyncio.timeout(DEADLINE):
                return await test

        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(bounded())

    return run


on_both_loops = pytest.mark.parametrize(
    "run", [runner_on(asyncio.new_event_loop), runner_on(uvloop.new_event_loop)], ids=["asyncio", "uvloop"]
)


@asynccontextmanager
async def a_warden() -> AsyncIterator[Warden]:
    """Keep a warden as long as the block runs."""
    warden = Warden()
    try:
        yield warden
    finally:
        await warden.close()


@contextmanager
def a_lasting_warden() -> Iterator[Warden]:
    """Keep a warden over many loops."""
    warden = Warden()
    try:
        yield warden
    finally:
        asyncio.run(warden.close())


def a_command(argv: str | Sequence[str], folder: Path | None = None, **env: str) -> Command:
    """Return a command; a text is a shell script."""
    words = ("sh", "-c", argv) if isinstance(argv, str) else tuple(argv)
    environment: Mapping[str, str] = {"PATH": os.environ["PATH"], **env}
    return Command(words, folder or Path("/"), environment)


def is_gone(pid: int) -> bool:
    """Return whether a process has ended; a zombie has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def ignored_signals(pid: int) -> set[int]:
    """Return the signals that a process ignores (proc_pid_status(5))."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = int(next(line for line in status if line.startswith("SigIgn")).split()[1], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


async def until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds; the test's deadline bounds it."""
    while not condition():  # noqa: ASYNC110 - any condition, not one that sets an event
        await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], object]) -> None:
    """Wait, outside of any loop, until the condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "still not so"
        time.sleep(0.005)


def descriptors() -> int:
    """Return how many descriptors this process holds."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - Path.iterdir would do the same in two steps
