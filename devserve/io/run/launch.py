"""The start of a command: in its own session, on a terminal of its own, or the sentence that says why it cannot be."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import subprocess
import termios
from collections.abc import Mapping
from dataclasses import dataclass

from devserve.errors import ServiceError
from devserve.run.command import Command

TERMINAL_SIZE = (40, 120)  # lines, columns
# sd_listen_fds(3): the socket is descriptor 3, and LISTEN_PID is the program's own number, which nobody knows before it
# runs. Popen sets only the first three descriptors: the shell moves them (socket, input, terminal) and becomes the
# program.
PASS_SOCKET = ("/bin/sh", "-c", 'export LISTEN_PID=$$; exec "$@" 3<&0 0<&1 1>&2', "sh")
OUTPUT_FLAGS, LOCAL_FLAGS = 1, 3  # positions in what tcgetattr returns (termios(3))


@dataclass(frozen=True, slots=True)
class Launched:
    """A started command and the descriptors that devserve holds of it."""

    popen: subprocess.Popen[bytes]
    terminal: int
    held_stdin: int | None  # the other end of its input


def launch(
    name: str,
    command: Command,
    extra: Mapping[str, str],
    *,
    hold_stdin: bool,
    listener: socket.socket | None = None,
) -> Launched:
    """Start a command with `extra` in its environment, and with a listening socket as its descriptor 3 if there is one.

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
            argv, input_, output = command.argv, stdin, their_terminal
            if listener is not None:
                _look_up(command)
                argv, input_, output = (*PASS_SOCKET, *argv), listener.fileno(), stdin
                extra = {**extra, "LISTEN_FDS": "1"}
            # Popen, not asyncio's: no await lies between the start and the moment the warden knows of it.
            popen = subprocess.Popen(
                argv,
                cwd=command.cwd,
                env={**command.env, **extra},
                stdin=input_,
                stdout=output,
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


def _look_up(command: Command) -> None:
    """Raise what the start of a command would, if its program is not there: the shell says it less well."""
    program = command.argv[0]
    place = program if "/" in program else shutil.which(program, path=command.env.get("PATH"))
    if command.cwd.is_dir() and (place is None or not (command.cwd / place).exists()):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if place is not None and (command.cwd / place).is_file() and not os.access(command.cwd / place, os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


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
