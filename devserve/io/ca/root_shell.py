"""One shell as root for all steps that need it: whoever gives a password gives it once."""

from __future__ import annotations

import os
import secrets
import selectors
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO

from devserve.ca.steps import AS_ROOT, SBIN, TYPING, Run, shell_line
from devserve.errors import TrustStoreError
from devserve.io import privileges

SHELL = ("sh",)
# Never the user's own PATH: who may write into a folder of it would be root.
PATHS = f'PATH="$PATH:{":".join(SBIN)}"; export PATH\n'.encode()
PIECE = 65536  # bytes read at once


class RootShell:
    """A shell that is started for the first step, or with `start`, and stays until `close`."""

    def __init__(self, command: tuple[str, ...] = (*AS_ROOT, *SHELL)) -> None:
        self._command = command
        self._mark = secrets.token_hex(8)
        self._process: subprocess.Popen[bytes] | None = None
        self._refusal = ""

    def __repr__(self) -> str:
        return f"<RootShell {' '.join(self._command)}, {'begun' if self._process else 'not begun'}>"

    def start(self) -> None:
        """Begin; whoever must be asked for a password is asked now. Raises TrustStoreError, then and ever after."""
        if self._refusal:
            raise TrustStoreError(self._refusal)
        if self._process is not None:
            return
        try:
            # In our session: sudo asks on our terminal. What it says about a wrong password goes there too.
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert self._process.stdin is not None
            self._process.stdin.write(PATHS)
            self._answer(Run(("true",), timeout=TYPING))
        except FileNotFoundError as error:
            self._refuse(f"nobody can become root here: {self._command[0]} is not installed", error)
        except TrustStoreError as error:
            self._refuse(f"nobody became root: `{' '.join(self._command)}` was refused", error)

    def run(self, step: Run) -> str:
        """Run a command as root; return what it printed. Raises TrustStoreError, with the command and its complaint."""
        self.start()
        status, output = self._answer(step)
        if status != 0:
            said = "; ".join(line.strip() for line in output.splitlines()[-3:] if line.strip()) or "it said nothing"
            raise TrustStoreError(f"`{step.describe()}` failed with status {status}: {said}")
        return output

    def close(self) -> None:
        """End the shell: it reads the end of its commands."""
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):  # a command that hangs is root's: we may not end it
            self._process.wait(timeout=5)

    def _refuse(self, reason: str, error: Exception) -> None:
        self._refusal = reason
        self.close()
        raise TrustStoreError(reason) from error

    def _answer(self, step: Run) -> tuple[int, str]:
        """Send a command, and read up to the line that carries its exit status."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(shell_line(step, self._mark))
            self._process.stdin.flush()
        except OSError as error:
            raise TrustStoreError(f"`{step.describe()}` failed: the shell that is root has ended") from error
        output, _, status = self._read(self._process.stdout, step).rpartition(f"\n{self._mark} ".encode())
        return int(status), output.decode(errors="replace")

    def _read(self, pipe: IO[bytes], step: Run) -> bytes:
        deadline, read = time.monotonic() + step.timeout, b""
        end = f"\n{self._mark} ".encode()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while not (end in read and read.endswith(b"\n")):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self._refusal = f"the shell that is root still waits for `{step.describe()}`"
                    raise TrustStoreError(f"`{step.describe()}` did not end within {step.timeout:g} s")
                piece = os.read(pipe.fileno(), PIECE)
                if not piece:
                    raise TrustStoreError(f"`{step.describe()}` failed: the shell that is root has ended")
                read += piece
        return read


@contextmanager
def as_the_user(environment: Mapping[str, str]) -> Iterator[RootShell | None]:
    """Be the developer for as long as the block lasts, and after it; yield the shell for what needs root.

    Under sudo the shell is kept back before everything else becomes the caller's, for good: what is made in the home
    is the user's. Root without sudo works on its own machine, and needs no shell.
    """
    if os.geteuid() != 0:
        shell: RootShell | None = RootShell()
    elif privileges.are_borrowed(environment):
        shell = RootShell(SHELL)
        shell.start()
        privileges.drop(environment)
    else:
        shell = None
    try:
        yield shell
    finally:
        if shell is not None:
            shell.close()
