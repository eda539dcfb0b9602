"""The start of a command: in its own session, on a terminal of its own, or the sentence that says why it cannot be."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import termios
from collections.abc import Mapping
from dataclasses import dataclass

from devserve.errors import ServiceError
from devserve.run.command import Command

TERMINAL_SIZE = (40, 120)  # lines, columns
OUTPUT_FLAGS, LOCAL_FLAGS = 1, 3  # positions in what tcgetattr returns (termios(3))


@dataclass(frozen=True, slots=True)
class Launched:
    """A started command and the descriptors that devserve holds of it."""

    popen: subprocess.Popen[bytes]
    terminal: int
    held_stdin: int | None  # the other end of its input


def launch(name: str, command: Command, extra: Mapping[str, str], *, hold_stdin: bool) -> Launched:
    """Start a command with `extra` in its environment.

    Its input is at its end at once. With `hold_stdin` nothing ever comes, not even the end: esbuild, Tailwind and
    Create React App take the input's end for their parent's and leave.

    Raises ServiceError with the fix when it cannot be started.
    """
    with contextlib.ExitStack() as on_failure, contextlib.ExitStack() as ours:
        terminal, their_terminal = os.openpty()
        on_failure.callback(os.close, terminal)
        ours.callback(os.close, their_terminal)
        _prepare(their_terminal)
        stdin, held_stdin = subprocess.DEVNULL, None
        if hold_stdin:
            stdin, held_stdin = os.pipe()
            ours.callback(os.close, stdin)
            on_failure.callback(os.close, held_stdin)
        try:
            # Popen, not asyncio's: no await lies between the start and the moment the warden knows of it.
            popen = subprocess.Popen(
                command.argv,
                cwd=command.cwd,
                env={**command.env, **extra},
                stdin=stdin,
                stdout=their_terminal,
                stderr=their_terminal,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL character in a word
            raise ServiceError(f"{name}: {_why_not(name, command, error)}") from error
        on_failure.pop_all()
        return Launched(popen, terminal, held_stdin)


def _prepare(terminal: int) -> None:
    attributes = termios.tcgetattr(terminal)
    attributes[OUTPUT_FLAGS] &= ~termios.OPOST  # a newline stays a newline
    attributes[LOCAL_FLAGS] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    termios.tcsetwinsize(terminal, TERMINAL_SIZE)


def _why_not(name: str, command: Command, error: OSError | ValueError) -> str:
    program, mend = command.argv[0], f"mend the command of {name} in devserve.toml"
    if not command.cwd.is_dir():
        return f"there is no folder {command.cwd} to run in. Create it, or mend cwd in [services.{name}]."
    if isinstance(error, ValueError):
        return f"cannot be started: {error}. Take it out: {mend}."
    place = command.cwd / program if "/" in program else shutil.which(program, path=command.env.get("PATH"))
    if isinstance(error, FileNotFoundError):
        if place is None:
            return f'no program "{program}" is on the PATH. Install it, or {mend}.'
        if not os.path.lexists(place):
            return f"there is no program {place}. Create it, or {mend}."
        return f"the interpreter that the first line of {place} names is not there. Install it, or change that line."
    if isinstance(error, PermissionError):
        return f"{place or program} may not be executed. Run `chmod +x {place or program}`, or {mend}."
    if error.errno == errno.ENOEXEC:
        return f"{place} is no program for this machine. If it is a script, begin it with a line like `#!/bin/sh`."
    return f'"{program}" cannot be started: {error.strerror}. {mend.capitalize()}.'
