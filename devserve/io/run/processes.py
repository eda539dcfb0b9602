"""A process that devserve started: its output, its end, and the end of everything it started."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from signal import Signals

from devserve.config.values import Stop
from devserve.io.run import groups
from devserve.io.run.launch import launch
from devserve.io.run.progress import progress
from devserve.io.run.warden import Warden
from devserve.io.tasks import spawn
from devserve.run.command import Command
from devserve.run.lifecycle import exit_words
from devserve.run.lines import LineSplitter, plain
from devserve.run.masking import Mask
from devserve.run.pace import Pace
from devserve.run.progress import not_done_yet, not_ended_yet

READ_SIZE = 2048  # bytes in a turn of the loop; a thousand of the shortest lines take two milliseconds
MOST_DRAINED = 128 * 1024  # bytes; a Linux terminal holds about 68 KiB, so what comes after is a grandchild's
AFTER_KILL = 5.0  # seconds; what the kernel does not end by then hangs in a driver
TASK_STOP = Stop(grace=2.0)
LONGEST_TASK = 600.0  # seconds
LAST_LINES = 50
LOG = logging.getLogger("devserve")


class Process:
    """A command that runs as the leader of its own session and process group, on a terminal of its own.

    It is over when its main process has ended: a grandchild that holds the terminal open is not waited for. Whoever
    makes a Process awaits `stop`, also after `wait`: it ends what is left of the group and closes the descriptors.
    """

    def __init__(
        self,
        name: str,
        command: Command,
        warden: Warden,
        on_line: Callable[[str], None],
        *,
        hold_stdin: bool = False,
        listener: socket.socket | None = None,
    ) -> None:
        """Start the command; see `launch` for `hold_stdin` and `listener`.

        Raises ServiceError when it cannot be started.
        """
        self.name = name
        self._loop = asyncio.get_running_loop()
        self._exit: asyncio.Future[int] = self._loop.create_future()
        self._stopping: asyncio.Task[None] | None = None
        self._splitter = LineSplitter()
        self._mask = Mask(command.secrets)
        self._on_line = on_line
        self._warden = warden
        launched = launch(name, command, warden.environment, hold_stdin=hold_stdin, listener=listener)
        self._popen = launched.popen
        warden.watch(self.pid, name)
        self._held_stdin = launched.held_stdin
        self._terminal: int | None = launched.terminal
        os.set_blocking(launched.terminal, False)
        self._pace = Pace()
        self._resting: asyncio.TimerHandle | None = None
        self._loop.add_reader(launched.terminal, self._read_and_rest)
        self._pidfd = self._watch_exit()

    def __repr__(self) -> str:
        state = exit_words(self._exit.result()) if self._exit.done() else "running"
        return f"<Process {self.name} pid {self.pid} {state}>"

    @property
    def pid(self) -> int:
        """The process id, which is the session's and the group's too (setsid(2))."""
        return self._popen.pid

    async def wait(self) -> int:
        """Wait for the main process's end and return its exit status, below zero for a signal."""
        code = await asyncio.shield(self._exit)
        self._drain()
        return code

    async def stop(self, stop: Stop) -> None:
        """End the whole group: the signal, and KILL after the grace. Returns when no process of it lives.

        A second call waits for what the first one began; cancelling a caller does not break it off.
        """
        if self._stopping is None:
            self._stopping = spawn(self._end(stop), f"{self.name}: stop")
        await asyncio.shield(self._stopping)

    def left_processes(self) -> bool:
        """Return whether its main process ended by itself and others of its group live on."""
        return self._exit.done() and self._stopping is None and groups.is_alive(self.pid)

    async def _end(self, stop: Stop) -> None:
        try:
            groups.send(self.pid, stop.signal)
            with progress(partial(not_ended_yet, self.name, stop)):
                ended = await groups.emptied(self.pid, stop.grace)
            if not ended:
                await self._kill(stop)
            with contextlib.suppress(TimeoutError):  # of a process that does not end on KILL
                await asyncio.wait_for(asyncio.shield(self._exit), AFTER_KILL)
        finally:
            self._drain()
            self._close()

    async def _kill(self, stop: Stop) -> None:
        signal_name = stop.signal.name.removeprefix("SIG")
        LOG.warning(
            "%s: still ran %g s after signal %s, so it is killed. Mend its handling of the signal, or choose another"
            ' signal or a longer grace: stop = { signal = "INT", grace = "10s" }',
            *(self.name, stop.grace, signal_name),
        )
        groups.send(self.pid, Signals.SIGKILL)
        if not await groups.emptied(self.pid, AFTER_KILL):
            LOG.error("%s: process group %d does not end on KILL. See `ps -s %d -o pid,stat,wchan,args`",
                      self.name, self.pid, self.pid)  # fmt: skip

    # What the loop calls.

    def _read_and_rest(self) -> None:
        began = self._loop.time()
        self._read()
        now = self._loop.time()
        rest = self._pace.rest(now, now - began)  # on a busy machine all takes longer, and is rested from for longer
        if rest and self._terminal is not None:  # who prints still more waits, as before a slow terminal
            self._loop.remove_reader(self._terminal)
            self._resting = self._loop.call_later(rest, self._read_on)

    def _read_on(self) -> None:
        if self._terminal is not None:
            self._loop.add_reader(self._terminal, self._read_and_rest)

    def _read(self) -> int:
        """Read what there is, up to a limit, and return how many bytes it was."""
        if self._terminal is None:
            return 0
        try:
            data = os.read(self._terminal, READ_SIZE)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno != errno.EIO:  # Linux's way to say that nobody holds the terminal any more
                raise
            data = b""
        if not data:
            self._close_terminal()
        self._tell(self._splitter.feed(data))
        return len(data)

    def _drain(self) -> None:
        """Read what the kernel still holds; whatever the main process wrote is among it."""
        drained = 0
        while count := self._read():
            drained += count
            if drained > MOST_DRAINED:
                return
        self._tell(self._splitter.close())

    def _tell(self, lines: Sequence[str]) -> None:
        for line in self._mask.lines(lines):
            self._on_line(line)

    def _watch_exit(self) -> int | None:
        try:
            pidfd = os.pidfd_open(self.pid)
        except (AttributeError, OSError):  # macOS, gVisor, Linux before 5.3
            threading.Thread(target=self._wait_in_thread, name=f"wait {self.pid}", daemon=True).start()
            return None
        self._loop.add_reader(pidfd, self._reap)
        return pidfd

    def _wait_in_thread(self) -> None:
        code = self._popen.wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            self._loop.call_soon_threadsafe(self._over, code)

    def _reap(self) -> None:
        self._close_pidfd()
        self._over(self._popen.wait())

    def _over(self, code: int) -> None:
        if not self._exit.done():
            self._exit.set_result(code)

    # Descriptors.

    def _close(self) -> None:
        self._close_terminal()
        self._close_pidfd()
        if self._held_stdin is not None:
            os.close(self._held_stdin)
            self._held_stdin = None
        self._over(-Signals.SIGKILL)  # when even that did not end it, nobody shall wait for it
        self._warden.forget(self.pid)

    def _close_terminal(self) -> None:
        if self._terminal is not None:
            if self._resting is not None:
                self._resting.cancel()
            self._loop.remove_reader(self._terminal)
            os.close(self._terminal)
            self._terminal = None

    def _close_pidfd(self) -> None:
        if self._pidfd is not None:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = None


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How a task ended: its exit status (below zero for a signal), how long it took, its last lines without colours."""

    status: int
    seconds: float
    last_lines: tuple[str, ...] = ()


async def run_task(
    name: str, command: Command, warden: Warden, on_line: Callable[[str], None], timeout: float = LONGEST_TASK
) -> TaskResult:
    """Run a command to its end and return how it ended. On a timeout, and when cancelled, its whole group is ended.

    Raises ServiceError when it cannot be started.
    """
    last_lines: deque[str] = deque(maxlen=LAST_LINES)

    def keep(line: str) -> None:
        last_lines.append(plain(line))
        on_line(line)

    loop = asyncio.get_running_loop()
    began = loop.time()
    process = Process(name, command, warden, keep)
    try:
        async with asyncio.timeout(timeout):
            with progress(partial(not_done_yet, name, command.argv[0])):
                await process.wait()
    except TimeoutError:
        LOG.warning("%s: the task %s took longer than %g s and is ended", name, command.argv[0], timeout)
    finally:
        seconds = loop.time() - began
        await process.stop(TASK_STOP)
    return TaskResult(await process.wait(), seconds, tuple(last_lines))
