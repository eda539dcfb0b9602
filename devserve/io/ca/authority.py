"""The certificate authority on disk: one PEM, readable by its owner alone, never made anew after a failed read."""

from __future__ import annotations

import errno
import getpass
import os
import platform
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from devserve.ca import rollover
from devserve.ca.authority import Authority, Subject, create, from_pem, to_pem
from devserve.ca.own_files import FOLLOWING, PRIVATE, PUBLIC
from devserve.errors import AuthorityError
from devserve.io import state

LOCK = "ca.lock"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_file(home: Path) -> Path:
    """Return the place of the key with its certificate."""
    return home / PRIVATE


def public_file(home: Path) -> Path:
    """Return the place of the certificate alone, which other programs may read."""
    return home / PUBLIC


def following_file(home: Path) -> Path:
    """Return the place of the authority that will take over."""
    return home / FOLLOWING


def subject_here(organization: str) -> Subject:
    """Return who an authority made here is for."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user without an entry in passwd
        user = str(os.getuid())
    return Subject(organization, user, platform.node() or "localhost")


def load(home: Path, now: datetime | None = None, *, expired: bool = False) -> Authority | None:
    """Return the authority, or None when there is no file; one whose life is over only if that is wished for.

    Raises AuthorityError when the file is not to be used.
    """
    return _load(home, private_file(home), now or datetime.now(UTC), expired=expired)


def _load(home: Path, path: Path, now: datetime, *, expired: bool = False) -> Authority | None:
    pem = _read(path)
    if pem is None:
        return None
    _refuse_repository(home)
    return from_pem(pem, str(path), now, expired=expired)


def open_or_create(
    home: Path, subject: Subject, suffixes: Iterable[str], now: datetime | None = None
) -> tuple[Authority, bool]:
    """Return the authority, and whether it was made by this call. However many call at once, one is made."""
    now = now or datetime.now(UTC)
    with state.lock(home / LOCK):
        authority = load(home, now)
        created = authority is None
        if authority is None:
            authority = create(subject, suffixes, now)
            _write(home, private_file(home), authority)
        _publish(home, authority)
    return authority, created


def proposed(home: Path) -> Authority | None:
    """Return the authority that will take over, if there is one."""
    return _load(home, following_file(home), datetime.now(UTC), expired=True)


def propose(home: Path, subject: Subject, suffixes: Iterable[str], now: datetime | None = None) -> Authority:
    """Return the authority that will take over: made now, or by an earlier call if that one will do.

    The present one stays in use until `adopt`, so that the stores can be told before.
    """
    now, wanted = now or datetime.now(UTC), tuple(suffixes)
    with state.lock(home / LOCK):
        following = _load(home, following_file(home), now, expired=True)
        if following is None or rollover.reason(following, wanted, now):
            following = create(subject, wanted, now)
            _write(home, following_file(home), following)
    return following


def withdraw(home: Path) -> None:
    """Forget the proposed authority, if there is one."""
    with state.lock(home / LOCK):
        state.remove(following_file(home))


def adopt(home: Path) -> None:
    """Let the proposed authority take over. The old key is gone with that. Only ever on the user's wish."""
    with state.lock(home / LOCK):
        following = _load(home, following_file(home), datetime.now(UTC))
        if following is not None:
            state.rename(following_file(home), private_file(home))
            _publish(home, following)


def _write(home: Path, path: Path, authority: Authority) -> None:
    _refuse_repository(home)
    state.make_folder(path.parent)
    state.sweep(path.parent)
    state.write_atomic(path, to_pem(authority))


def _publish(home: Path, authority: Authority) -> None:
    path = public_file(home)
    state.make_folder(path.parent)
    if not path.is_file() or path.read_bytes() != authority.root.pem:
        state.sweep(path.parent)
        state.write_atomic(path, authority.root.pem, state.PUBLIC_FILE)


def _read(path: Path) -> bytes | None:
    try:
        folder = path.parent.lstat()
        # Without blocking: a FIFO in the file's place must not hang devserve.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AuthorityError(_unreadable(path, error)) from error
    try:
        _refuse_exposed(path.parent, folder, stat.S_IFDIR, state.PRIVATE_FOLDER)
        _refuse_exposed(path, os.fstat(descriptor), stat.S_IFREG, state.PRIVATE_FILE)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    except OSError as error:
        raise AuthorityError(_unreadable(path, error)) from error
    finally:
        os.close(descriptor)


def _unreadable(path: Path, error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return f"{path}: a symbolic link, which could lead to anyone's file. Put the file itself there."
    return (
        f"{path}: the certificate authority cannot be read: {error.strerror}. Check its owner and mode: `ls -l {path}`."
    )


def _refuse_exposed(path: Path, found: os.stat_result, kind: int, mode: int) -> None:
    if stat.S_IFMT(found.st_mode) != kind:
        wanted = "folder" if kind == stat.S_IFDIR else "file"
        raise AuthorityError(f"{path}: not a {wanted}, so not devserve's. Move it away; restore the CA from a backup.")
    if found.st_uid != os.geteuid():
        raise AuthorityError(
            f"{path}: belongs to user {found.st_uid}, devserve runs as {os.geteuid()}."
            f" Run devserve as its owner, or `sudo chown {os.geteuid()} {path}`."
        )
    if found.st_mode & OTHERS:
        raise AuthorityError(
            f"{path}: open to other users (mode {stat.S_IMODE(found.st_mode):o}), so its key may be known to them."
            f" If nobody read it, run `chmod {mode:o} {path}`;"
            " else run `devserve teardown`, delete it and run `devserve setup`."
        )


def _refuse_repository(home: Path) -> None:
    for folder in (place := home.resolve(), *place.parents):
        if (folder / ".git").exists():
            raise AuthorityError(
                f"{private_file(home)}: inside the git repository {folder}, where a key may get published."
                f" Set {state.VARIABLE} to a folder outside of it."
            )
