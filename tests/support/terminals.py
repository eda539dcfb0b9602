"""A command on a terminal of its own, as a person starts it: typed to, looked at, its settings seen."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from support.fleet_running import PAUSE, SECONDS, until

# Makes standard input the controlling terminal of the new session (tty_ioctl(4)), as a terminal emulator does.
CONTROLLING = (
    sys.executable,
    "-c",
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])",
)
LOCAL_FLAGS = 3
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class OnTerminal:
    """A running command and the other end of its terminal."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str], size: tuple[int, int]) -> None:
        self._master, self._slave = os.openpty()
        termios.tcsetwinsize(self._slave, size)
        self.process = subprocess.Popen(
            [*CONTROLLING, *command],
            cwd=cwd,
            env={**env, "TERM": "xterm-256color"},
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
        )
        self._read = bytearray()
        self._reading = threading.Lock()
        self._open = True
        self._reader = threading.Thread(target=self._keep_reading, daemon=True)
        self._reader.start()

    @property
    def raw(self) -> str:
        """Everything that was written, with its control sequences, however far the reading thread has come."""
        self._take()
        return self._read.decode(errors="replace")

    @property
    def text(self) -> str:
        """Everything that was written, without them."""
        return CONTROL.sub("", self.raw)

    @property
    def echoes(self) -> bool:
        """Whether the terminal is as a shell expects it: whole lines, and what is typed is shown."""
        flags = termios.tcgetattr(self._slave)[LOCAL_FLAGS]
        return bool(flags & termios.ICANON) and bool(flags & termios.ECHO)

    @property
    def is_stopped(self) -> bool:
        """Whether the command was stopped, as by Ctrl-Z."""
        return psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def resize(self, lines: int, columns: int) -> None:
        """Give the terminal another size."""
        termios.tcsetwinsize(self._master, (lines, columns))

    def wait_for(self, what: str | Callable[[], object], seconds: float = SECONDS) -> None:
        """Wait for a text on the terminal, or for a condition."""
        condition = what if callable(what) else lambda: what in self.text
        try:
            until(condition, f"{what} on the terminal", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from None

    def wait_again(self, what: str, act: Callable[[], object]) -> None:
        """Do something, and wait for a text that comes after it."""
        seen = len(self.text)
        act()
        self.wait_for(lambda: what in self.text[seen:])

    def hang_up(self) -> None:
        """Close the terminal's window."""
        if self._open:
            self._open = False
            self._reader.join(SECONDS)  # a read that goes on would keep it open
            os.close(self._slave)
            os.close(self._master)

    def close(self) -> None:
        """End the command and hang up."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def _keep_reading(self) -> None:
        while self._open:
            select.select([self._master], [], [], PAUSE)
            self._take()

    def _take(self) -> None:
        with self._reading:
            while self._open and select.select([self._master], [], [], 0)[0]:
                self._read += os.read(self._master, 4096)


@contextmanager
def on_terminal(
    *command: str, cwd: Path = Path("/"), env: Mapping[str, str] = os.environ, size: tuple[int, int] = (24, 80)
) -> Iterator[OnTerminal]:
    """Run a command on a terminal for as long as the block lasts."""
    running = OnTerminal(command, cwd, env, size)
    try:
        yield running
    finally:
        running.close()
