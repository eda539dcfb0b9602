"""Carries out the steps that floor 1 constructs: commands and files, as root only where a step asks for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable

from devserve.ca.steps import SBIN, MakeFolder, ReadFile, RemoveFile, Run, Step, WriteFile, as_command, as_root
from devserve.errors import DevserveError, TrustStoreError
from devserve.io import state
from devserve.io.ca.root_shell import RootShell

LINES = 3  # of a failed command's complaint


def search_path() -> str:
    """Return the PATH by which commands are found: the user's, and then root's."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), *SBIN))


def elevated(step: Step) -> Step:
    """Return the step as it will be carried out here: through sudo when it needs root and we are not."""
    return as_root(step) if step.needs_root and os.geteuid() != 0 else step


def carry_out_all(steps: Iterable[Step], shell: RootShell | None = None) -> None:
    """Carry out steps in order; on a failure, remove the files that later steps would have. Raises TrustStoreError."""
    left = list(steps)
    while left:
        try:
            carry_out(left.pop(0), shell)
        except TrustStoreError:
            for step in left:
                if isinstance(step, RemoveFile) and not step.needs_root:
                    carry_out(step)
            raise


def carry_out(step: Step, shell: RootShell | None = None) -> str:
    """Carry out one step and return its output; what needs root in the shell, or else by a sudo of its own.

    Raises TrustStoreError, with the command and its complaint.
    """
    if shell is not None and elevated(step) is not step:
        return shell.run(as_command(step))
    step = elevated(step)
    try:
        match step:
            case Run():
                return _run(step)
            case MakeFolder(path):
                state.make_folder(path)
            case WriteFile(path, data):
                state.write_atomic(path, data, state.PUBLIC_FILE)
            case RemoveFile(path):
                path.unlink(missing_ok=True)
            case ReadFile(path):
                return path.read_text(errors="replace") if path.exists() else ""
    except OSError as error:
        raise TrustStoreError(f"`{step.describe()}` failed: {error.strerror}") from error
    except TrustStoreError:
        raise
    except DevserveError as error:
        raise TrustStoreError(str(error)) from error
    return ""


def _run(step: Run) -> str:
    command = f"`{step.describe()}`"
    try:
        done = subprocess.run(
            step.argv,
            input=step.stdin,  # never the terminal's: a command that asks would hang behind our output
            capture_output=True,
            env={**os.environ, "PATH": search_path()},
            timeout=step.timeout,
            check=False,
            start_new_session=step.argv[0] != "sudo",  # without a terminal; sudo alone asks for its password there
        )
    except FileNotFoundError as error:
        raise TrustStoreError(f"{command} failed: {step.argv[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise TrustStoreError(f"{command} did not end within {step.timeout:g} s") from error
    if done.returncode != 0:
        raise TrustStoreError(
            f"{command} failed with status {done.returncode}: {_complaint(done.stdout + done.stderr)}"
        )
    return done.stdout.decode(errors="replace")


def _complaint(output: bytes) -> str:
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    return "; ".join(lines[-LINES:]) or "it said nothing"
