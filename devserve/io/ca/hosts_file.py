"""The hosts file on disk: edited under a lock, replaced whole, backed up and read again afterwards."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from devserve.ca.hosts_block import with_names, without_names
from devserve.errors import HostsFileError
from devserve.io import state

VARIABLE = "DEVSERVE_HOSTS_FILE"
USUAL = Path("/etc/hosts")
BACKUP = ".devserve-backup"
UNFINISHED = ".devserve-new"
ATTEMPTS = 5  # when somebody else writes meanwhile
MOST_BYTES = 16 * 2**20  # a file that blocks advertisements has a few
# What forbids a new file in the old one's place, but not another content: a bind mount, as containers have, or a folder
# that may not be written.
IN_PLACE_ONLY = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS)


def place() -> Path:
    """Return the hosts file of this machine, or another one that the environment names."""
    return Path(os.environ.get(VARIABLE) or USUAL)


def read(path: Path) -> bytes:
    """Return what the file holds. Raises HostsFileError: what cannot be read is never taken for empty."""
    try:
        # Without blocking: a FIFO in the file's place must not hang devserve.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise HostsFileError(f"{path}: cannot be read: {error.strerror}. {_mend(path, error)}") from error
    try:
        _refuse_strange(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    except OSError as error:
        raise HostsFileError(f"{path}: cannot be read: {error.strerror}. {_mend(path, error)}") from error
    finally:
        os.close(descriptor)


def add(path: Path, names: Iterable[str]) -> bool:
    """Have the names lead to this machine; tell whether anything had to be changed. Raises HostsFileError."""
    wanted = tuple(names)
    return _edit(path, lambda data: with_names(data, wanted))


def remove(path: Path) -> bool:
    """Take devserve's lines out, and the backup away; tell whether there were any. Raises HostsFileError."""
    changed = _edit(path, without_names)
    real = _real(path)
    with contextlib.suppress(OSError):  # no backup, or not ours to remove: the file itself is right
        real.with_name(real.name + BACKUP).unlink()
    return changed


def _edit(path: Path, change: Callable[[bytes], bytes]) -> bool:
    real = _real(path)
    with _locked(path, real):
        try:
            return _changed(path, real, change)
        except OSError as error:
            raise HostsFileError(f"{path}: cannot be changed: {error.strerror}. {_mend(path, error)}") from error


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # a symbolic link stays one; unlike resolve() without an error for a circle


def _changed(path: Path, real: Path, change: Callable[[bytes], bytes]) -> bool:
    for _ in range(ATTEMPTS):
        old = read(real)
        try:
            new = change(_before_interruption(real, old))
        except HostsFileError as error:
            raise HostsFileError(f"{path}: {error}") from error
        _sweep(real)
        if new == old:
            return False
        state.write_atomic(real.with_name(real.name + BACKUP), old, stat.S_IMODE(real.stat().st_mode))
        if _written(real, old, new) and read(real) == new:
            return True
    raise HostsFileError(f"{path}: something else keeps changing this file; run the command again once it has ended")


def _before_interruption(real: Path, data: bytes) -> bytes:
    """Return the content without the blank lines that an interrupted `_overwritten` left at its end."""
    try:
        backup = real.with_name(real.name + BACKUP).read_bytes()
    except OSError:
        return data
    for complete in (backup, without_names(backup)):
        left = data.removeprefix(complete)
        if data.startswith(complete) and left and not left.strip(b"\n"):
            return complete
    return data


@contextlib.contextmanager
def _locked(path: Path, real: Path) -> Iterator[None]:
    """Hold the folder's lock: a lock file beside the hosts file would stay behind, and the file itself is replaced."""
    try:
        descriptor = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise HostsFileError(f"{path}: cannot be read: {error.strerror}. {_mend(path, error)}") from error
    try:
        state.wait_for_lock(descriptor, real.parent, time.monotonic() + state.PATIENCE)
        yield
    finally:
        os.close(descriptor)


def _written(real: Path, old: bytes, new: bytes) -> bool:
    """Put the new content in place; False when somebody else changed the file meanwhile."""
    found = real.stat()
    if found.st_nlink > 1:  # a second name of the file would keep the old content
        return _overwritten(real, old, new)
    try:
        return _replaced(real, found, old, new)
    except OSError as error:
        if error.errno not in IN_PLACE_ONLY:
            raise
    return _overwritten(real, old, new)


def _replaced(real: Path, found: os.stat_result, old: bytes, new: bytes) -> bool:
    unfinished = real.with_name(f".{real.name}.{secrets.token_hex(4)}{UNFINISHED}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(new)
            file.flush()
            _take_after(descriptor, found, real)
            os.fsync(descriptor)
        if read(real) != old:
            return False
        unfinished.replace(real)
    finally:
        unfinished.unlink(missing_ok=True)
    _flush_folder(real.parent)
    return True


def _overwritten(real: Path, old: bytes, new: bytes) -> bool:
    """Write over the old content, so that the file is right after each single system call.

    It grows by blank lines first, which is where a full disk is noticed, and shrinks from blank lines last.
    """
    descriptor = os.open(real, os.O_RDWR | os.O_CLOEXEC)
    try:
        if os.pread(descriptor, MOST_BYTES, 0) != old:
            return False
        length = max(len(old), len(new))
        try:
            _write_at(descriptor, b"\n" * (length - len(old)), len(old))
            _write_at(descriptor, new.ljust(length, b"\n"), 0)
            os.ftruncate(descriptor, len(new))
            os.fsync(descriptor)
        except OSError:
            _write_at(descriptor, old, 0)
            os.ftruncate(descriptor, len(old))
            raise
    finally:
        os.close(descriptor)
    return True


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    if data and os.pwrite(descriptor, data, offset) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _take_after(descriptor: int, found: os.stat_result, real: Path) -> None:
    """Give a new file the owner, the mode and the labels of the old one: SELinux lets services read by label."""
    if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, found.st_uid, found.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(found.st_mode))
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):  # a file system without labels has none to keep
        for name in os.listxattr(real):
            os.setxattr(descriptor, name, os.getxattr(real, name))


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(real: Path) -> None:
    """Remove what an interrupted edit left, now that nobody else edits."""
    for pattern in (f".{real.name}.*{UNFINISHED}", f".{real.name}{BACKUP}.*{state.UNFINISHED}"):
        for file in real.parent.glob(pattern):
            file.unlink(missing_ok=True)


def _refuse_strange(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise HostsFileError(f"{path}: not a file, so no hosts file; move it away and write one")
    if found.st_size > MOST_BYTES:
        raise HostsFileError(f"{path}: over {MOST_BYTES // 2**20} MiB, which is no hosts file; look at it")


def _mend(path: Path, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT:
            return f"Make it: `printf '127.0.0.1 localhost\\n::1 localhost\\n' | sudo tee {path}`."
        case errno.ENOSPC | errno.EDQUOT:
            return f"Make room: `df {path.parent}`. It is as it was."
        case errno.EROFS:
            return "This system's files are made elsewhere (NixOS: networking.hosts): add what `devserve hosts` prints."
        case _:
            return f"Check its owner and mode: `ls -l {path}`."
