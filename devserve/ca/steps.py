"""What setup does to the machine, one step at a time, as values that can be shown before they are carried out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0  # seconds; a store's daemon can stall, and a user must find out
TYPING = 300.0  # seconds to find and type a password
AS_ROOT = ("sudo", "--")
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # root's commands; Debian leaves them out of a user's PATH


@dataclass(frozen=True, slots=True)
class Run:
    """Run a command, without a shell. `stdin_name` is what `describe` calls the bytes that it is fed."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    stdin_name: str = ""
    needs_root: bool = False
    timeout: float = PATIENCE

    def describe(self) -> str:
        """Return the command as one would type it."""
        return f"{shlex.join(self.argv)} < {self.stdin_name}" if self.stdin else shlex.join(self.argv)


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make a folder, and those above it, for this user alone."""

    path: Path
    needs_root: bool = False

    def describe(self) -> str:
        """Return the command that would do the same."""
        return f"mkdir -p -m 700 {shlex.quote(str(self.path))}"


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Write a file that everyone may read, in a folder that exists."""

    path: Path
    data: bytes
    needs_root: bool = False

    def describe(self) -> str:
        """Return what is written where."""
        return f"write {len(self.data)} bytes to {self.path}"


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove a file; none to remove is fine."""

    path: Path
    needs_root: bool = False

    def describe(self) -> str:
        """Return the command that would do the same."""
        return f"rm -f -- {shlex.quote(str(self.path))}"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Read a file: its text is the step's output."""

    path: Path
    needs_root: bool = False

    def describe(self) -> str:
        """Return the command that would do the same."""
        return f"cat {shlex.quote(str(self.path))}"


Step = Run | MakeFolder | WriteFile | RemoveFile | ReadFile


def as_root(step: Step) -> Run:
    """Return the sudo command that carries out a step. sudo asks on the terminal, so stdin stays the step's own."""
    command = as_command(step)
    return Run((*AS_ROOT, *command.argv), command.stdin, command.stdin_name, timeout=TYPING)


def as_command(step: Step) -> Run:
    """Return the command that does the same as a step."""
    timeout = PATIENCE
    match step:
        case Run(argv, stdin, stdin_name):
            command, name, timeout = argv, stdin_name, step.timeout
        case WriteFile(path, stdin):
            # install sets the mode itself: sudo's umask may be the user's.
            command, name = ("install", "-m", "644", "/dev/stdin", str(path)), f"{len(stdin)} bytes"
        case MakeFolder(path):
            command, stdin, name = ("mkdir", "-p", "-m", "700", str(path)), b"", ""
        case RemoveFile(path):
            command, stdin, name = ("rm", "-f", "--", str(path)), b"", ""
        case ReadFile(path):
            command, stdin, name = ("cat", str(path)), b"", ""
    return Run(command, stdin, name, timeout=timeout)


def shell_line(step: Run, mark: str) -> bytes:
    """Return what a shell is told so that it runs a command, and then says the mark and the exit status on a line."""
    command = shlex.join(step.argv)
    # Every byte in octal: whatever it is, the shell sees neither quote nor end of line.
    data = "".join(f"\\{byte:03o}" for byte in step.stdin)
    fed = f"printf '{data}' | {command} 2>&1" if step.stdin else f"{command} </dev/null 2>&1"
    return f"{fed}; printf '\\n{mark} %d\\n' \"$?\"\n".encode()
