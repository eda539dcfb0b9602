"""The way through a tree of folders: watch first, then list, and never enter what is ignored."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable

from devserve.watch.tree import GITIGNORE, NOWHERE, Listing, Stamp, Steps, Tree

GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE}
SHORT = {errno.ENOSPC, errno.ENOMEM}  # inotify_add_watch(2): the user has no watch left
Watch = Callable[[str, bool], int]  # a folder, and whether it is a link that is followed, to its descriptor
Complain = Callable[[str, OSError], None]


def no_watch(folder: str, follow: bool) -> int:
    """Return no descriptor: for trees that are looked at again and again."""
    return NOWHERE


def explore(
    tree: Tree, start: Iterable[str], watch: Watch, complain: Complain, telling: bool, stamps: bool = False
) -> Steps:
    """Take folders in, with all that is below; return what is told and let go.

    Raises `OSError` when the system has no watch left; the tree is half watched then.
    """
    steps, pending = Steps(), list(start)[::-1]
    while pending:
        path, descriptor = pending.pop(), NOWHERE
        place, linked = tree.absolute(path), tree.is_link(path)
        try:
            descriptor = watch(place, linked)
            listing = look(place, stamps, complain)
        except OSError as error:
            if error.errno in SHORT:
                raise
            if error.errno not in GONE:
                complain(place, error)
            found = tree.drop(path)
            found.left.append(descriptor)  # it may have gone between the watch and the look
        else:
            found = tree.listed(path, descriptor, listing, telling)
        steps.told += found.told
        steps.gone += found.gone
        steps.left += found.left
        pending += found.enter[::-1]
    return steps


def look(folder: str, stamps: bool, complain: Complain) -> Listing:
    """Return what is in a folder.

    Raises `OSError` when it is gone or cannot be read.
    """
    files: dict[str, Stamp | None] = {}
    folders: list[str] = []
    links: dict[str, str] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.is_symlink() and (link := link_to_folder(entry.path)) is not None:
                links[entry.name] = link
            else:
                files[entry.name] = stamp_of(entry.path) if stamps else None
    text = read_gitignore(f"{folder}/{GITIGNORE}", complain) if GITIGNORE in files else None
    return Listing(files, folders, links, text)


def read_gitignore(file: str, complain: Complain) -> str | None:
    """Return the text of a .gitignore, None when it is gone again or cannot be read."""
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:  # noqa: PTH123 - thousands at the start
            return opened.read()
    except OSError as error:
        if error.errno not in GONE:
            complain(file, error)
        return None


def stamp_of(path: str) -> Stamp | None:
    """Return by what a change of a file is recognised, None when it is gone."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def link_to_folder(path: str) -> str | None:
    """Return where a link to a folder leads, None for all else: links in a circle, and those that are gone by now."""
    if not os.path.islink(path) or not os.path.isdir(path):  # noqa: PTH112, PTH114 - these never raise
        return None
    try:
        return os.path.realpath(path)
    except OSError:  # CPython's does not expect that the link goes meanwhile
        return None


def is_complete_when_created(path: str) -> bool:
    """Whether a new file is a link: it is never opened for writing, so there will be no other event."""
    try:
        status = os.lstat(path)
    except OSError:  # it is gone again
        return False
    return stat.S_ISLNK(status.st_mode) or status.st_nlink > 1
