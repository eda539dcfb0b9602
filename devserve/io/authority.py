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

from devserve.ca.authority import Authority, Subject, create, from_pem, to_pem
from devserve.ca.root import root_from_pem
from devserve.errors import AuthorityError
from devserve.io import state

LOCK = "ca.lock"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_file(home: Path) -> Path:
    """Return the place of the key with its certificate."""
    return home / "private" / "ca.pem"


def public_file(home: Path) -> Path:
    """Return the place of the certificate alone, which other programs may read."""
    return home / "public" / "ca.pem"


def subject_here(organization: str) -> Subject:
    """Return who an authority made here is for."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user without an entry in passwd
        user = str(os.getuid())
    return Subject(organization, user, platform.node() or "localhost")


def load(home: Path, now: datetime | None = None) -> Authority | None:
    """Return the authority, or None when there is no file. Raises AuthorityError when the file is not to be used."""
    path = private_file(home)
    pem = _read(path)
    if pem is None:
        return None
    _refuse_repository(home)
    return from_pem(pem, str(path), now or datetime.now(UTC))


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
            _write(home, authority)
        _publish(home, authority)
    return authority, created


def replace(home: Path, subject: Subject, suffixes: Iterable[str], now: datetime | None = None) -> Authority:
    """Return a new authority in the place of the old one, which is kept aside. Only ever on the user's wish."""
    authority = create(subject, suffixes, now or datetime.now(UTC))
    with state.lock(home / LOCK):
        old = _read(private_file(home))
        if old is not None:
            state.write_atomic(private_file(home).with_name(f"ca-old-{_name(old)}.pem"), old)
        _write(home, authority)
        _publish(home, authority)
    return authority


def _name(pem: bytes) -> str:
    try:
        return root_from_pem(pem).sha256
    except ValueError:
        return "damaged"


def _write(home: Path, authority: Authority) -> None:
    _refuse_repository(home)
    path = private_file(home)
    state.make_folder(path.parent)
    state.sweep(path.parent)
    state.write_atomic(path, to_pem(authority))


def _publish(home: Path, authority: Authority) -> None:
    path = public_file(home)
    state.make_folder(path.parent)
    if not path.is_file() or path.read_bytes() != authority.root.pem:
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
