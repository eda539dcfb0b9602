"""devserve's own folder on this machine, and files that are never half written."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from devserve.errors import DevserveError

VARIABLE = "DEVSERVE_HOME"
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
PUBLIC_FILE = 0o644
UNFINISHED = ".new"  # how the name of a file ends while it is being written
PATIENCE = 30.0  # seconds for another devserve to finish what it locked
POLL = 0.01  # flock has no deadline of its own


def home() -> Path:
    """Return the folder of all state, made if need be. Raises DevserveError when it cannot be used."""
    path = place()
    make_folder(path)
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise DevserveError(f"{path}: not writable for you. Run `sudo chown -R $(id -un) {path}`, {_elsewhere()}.")
    return path


def place() -> Path:
    """Return where the folder of all state is, or would be."""
    told = os.environ.get(VARIABLE)
    return Path(told).expanduser().absolute() if told else platformdirs.user_data_path("devserve", appauthor=False)


def make_folder(path: Path) -> None:
    """Make a folder for this user alone; one that exists is left as it is. Raises DevserveError."""
    try:
        path.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise DevserveError(
            f"{path}: this folder cannot be made: {error.strerror}. Make it yourself, {_elsewhere()}."
        ) from error


def write_atomic(path: Path, data: bytes, mode: int = PRIVATE_FILE, *, lasting: bool = True) -> None:
    """Write a file that is, at every moment, wholly the old or wholly the new one. Raises DevserveError.

    Without `lasting` that holds only as long as the machine runs, and no disk is waited for.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        _write(unfinished, data, mode, lasting)
        unfinished.replace(path)
        if lasting:
            _flush_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise DevserveError(
            f"{path}: cannot be written: {error.strerror}."
            f" Check the folder's owner and mode, and free space: `df {path.parent}`."
        ) from error


def rename(old: Path, new: Path) -> None:
    """Put a file in another's place, for good. Raises DevserveError."""
    try:
        old.replace(new)
        _flush_folder(new.parent)
    except OSError as error:
        raise DevserveError(
            f"{new}: cannot be written: {error.strerror}. Check its folder's owner and mode."
        ) from error


def sweep(folder: Path, name: str = "") -> None:
    """Remove what an interrupted `write_atomic` left in a folder, or of one file there.

    Call it only under the lock that writers hold.
    """
    for file in folder.glob(f".{name}*{UNFINISHED}"):
        remove(file)


def remove(path: Path) -> None:
    """Remove a file; none to remove is fine. Raises DevserveError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DevserveError(
            f"{path}: cannot be removed: {error.strerror}. Check its folder's owner and mode."
        ) from error


@contextlib.contextmanager
def lock(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a lock file. It ends with the process, so none outlives its holder. Raises DevserveError after a while."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
    except OSError as error:
        raise DevserveError(
            f"{path}: cannot be locked: {error.strerror}. Check its owner and mode, or remove it."
        ) from error
    try:
        wait_for_lock(descriptor, path, time.monotonic() + patience)
        yield
    finally:
        os.close(descriptor)


def wait_for_lock(descriptor: int, path: Path, deadline: float) -> None:
    """Lock an open descriptor of `path` for this process alone. Raises DevserveError when the deadline passes."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise DevserveError(f"{path}: another devserve holds this lock. Find it with `lsof {path}`.") from error
            time.sleep(POLL)
        else:
            return


def _write(path: Path, data: bytes, mode: int, lasting: bool) -> None:
    # The mode holds from the first byte; fchmod only gives back what the umask took.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        if lasting:
            os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _elsewhere() -> str:
    return f"or set {VARIABLE} to a folder of yours"
