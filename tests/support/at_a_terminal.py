"""devserve at a terminal of its own: what it shows there, and what a person types."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.fleet_home import DEVSERVE, Home
from support.fleet_running import SECONDS, until

# A session's leader gets the first terminal that it opens as its own, so that Ctrl-C reaches it.
SCRIPT = 'terminal=$1; shift; exec "$@" <"$terminal" >"$terminal" 2>&1'
CTRL_C = "\x03"


class AtATerminal:
    """A command of devserve whose input and output are a terminal."""

    def __init__(self, home: Home, arguments: tuple[str | Path, ...], cwd: Path) -> None:
        self._own, its = pty.openpty()
        self.process = subprocess.Popen(
            ["sh", "-c", SCRIPT, "sh", os.ttyname(its), DEVSERVE, *map(str, arguments)],
            cwd=cwd,
            env={**home.environment, "NO_COLOR": "1", "TERM": "dumb"},
            start_new_session=True,
        )
        self._its = its  # kept open, or what was printed last would be lost with the last process
        self._read: list[bytes] = []
        threading.Thread(target=self._read_on, daemon=True).start()

    @property
    def shown(self) -> str:
        """Everything that was shown so far."""
        return b"".join(self._read).decode(errors="replace").replace("\r\n", "\n")

    def wait_for(self, text: str) -> None:
        """Wait until a text is shown."""
        self._wait(lambda: text in self.shown, text)

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        os.write(self._own, text.encode())

    def wait_end(self) -> int:
        """Wait for the end; return the exit status."""
        self._wait(lambda: self.process.poll() is not None, "the end")
        return int(self.process.returncode)

    def end(self) -> None:
        """End devserve, if it still runs, and take the terminal away."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(SECONDS)
        os.close(self._its)
        os.close(self._own)

    def _wait(self, condition: Callable[[], object], what: str) -> None:
        try:
            until(condition, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.shown}") from None

    def _read_on(self) -> None:
        try:
            while data := os.read(self._own, 65536):
                self._read.append(data)
        except OSError:  # EIO or EBADF: the terminal is gone
            return


@contextmanager
def at_a_terminal(home: Home, *arguments: str | Path, cwd: Path) -> Iterator[AtATerminal]:
    """Run a command of devserve at a terminal for as long as the block lasts."""
    devserve = AtATerminal(home, arguments, cwd)
    try:
        yield devserve
    finally:
        devserve.end()
