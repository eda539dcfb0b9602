"""The warden: one small process that outlives devserve and ends what devserve would leave running."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from devserve.io.run.survivors import MARKER, Records

PROGRAM = Path(__file__).with_name("orphans.py")
GRACE = 2.0  # seconds from TERM to KILL for what a dead devserve left
LONGEST_CLOSE = 10.0  # seconds beyond the grace; the program itself takes one
LOG = logging.getLogger("devserve")


class Warden:
    """Keep the warden's process and tell it which process groups run.

    However devserve ends, kill -9 included, the kernel closes the pipe to that process, and it ends all the groups. On
    Linux it also finds the processes that left their group, by the variable that `environment` holds: put it into the
    environment of everything that is started. Should it be killed too, `records` tells the next devserve what ran.
    """

    def __init__(self, grace: float = GRACE, records: Records | None = None) -> None:
        self._grace = grace
        self._records = records
        self.environment: Mapping[str, str] = {MARKER: secrets.token_hex(8)}
        self._groups: set[int] = set()
        self._process = self._start()

    def __repr__(self) -> str:
        return f"<Warden pid {self._process.pid}, {len(self._groups)} groups>"

    @property
    def pid(self) -> int:
        """The process id of the warden's process."""
        return self._process.pid

    def watch(self, group: int, name: str = "") -> None:
        """Have this process group, of a service of this name, ended should devserve die."""
        self._groups.add(group)
        self._order(f"+{group}")
        if self._records is not None:
            self._records.add(name, group, self.environment[MARKER], self.pid)

    def forget(self, group: int) -> None:
        """Take back `watch`: the group is gone, and its number may become a stranger's."""
        if group in self._groups:
            self._groups.remove(group)
            self._order(f"-{group}")
            if self._records is not None:
                self._records.remove(group)

    async def close(self) -> None:
        """End in order: the warden ends the groups that are left, and leaves."""
        self._write("close")
        self._close_pipe()
        try:
            await asyncio.to_thread(self._process.wait, self._grace + LONGEST_CLOSE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        marker = f"{MARKER}={self.environment[MARKER]}"
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(PROGRAM), marker, str(self._grace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # The marker of an outer devserve, whose service this one is, must not be found on the warden.
            env={name: value for name, value in os.environ.items() if name != MARKER},
            cwd="/",
            bufsize=0,
            start_new_session=True,  # no signal of the terminal reaches it
        )

    def _order(self, line: str) -> None:
        if self._write(line):
            return
        LOG.warning("devserve: the warden (pid %d) was ended by somebody; another one takes its place", self.pid)
        self._close_pipe()
        self._process.wait()
        self._process = self._start()
        for group in self._groups:
            self._write(f"+{group}")

    def _write(self, line: str) -> bool:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{line}\n".encode())
        except BrokenPipeError:
            return False
        return True

    def _close_pipe(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
