"""The trees of all roots on one inotify descriptor: what the kernel tells, carried out and told on."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import perf_counter

from watchdog.events import FileDeletedEvent, FileModifiedEvent, FileSystemEvent

from devserve.io.watch.inotify import Inotify
from devserve.io.watch.walk import GONE, SHORT, explore, is_complete_when_created, link_to_folder, stamp_of
from devserve.watch.ignore import Ignored
from devserve.watch.records import IGNORED, LEAVING, OVERFLOW, Record, records
from devserve.watch.tree import NOWHERE, Folder, Steps, Tree

LOG = logging.getLogger("devserve")
READS = 5  # that follow a loss while there is more to read: a storm that goes on is one loss
SLICE = 20  # folders that are stamped between two looks for events


class Complaints:
    """What cannot be looked into is said once, and everything else goes on."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def add(self, place: str, error: OSError) -> None:
        """Say why a file or folder is left out."""
        if place not in self._said:
            self._said.add(place)
            LOG.warning("%s is left out: %s; make it readable for you, or ignore it", place, error.strerror)


class Trees:
    """The trees of all roots on one descriptor. `short` hears of a tree that had to be given up for lack of watches.

    `changes` is for the reading thread, all else for any thread.
    """

    def __init__(self, inotify: Inotify, short: Callable[[Tree, OSError], None]) -> None:
        self._inotify = inotify
        self._short = short
        self._lock = threading.RLock()
        self._trees: dict[str, Tree] = {}
        self._users: dict[int, set[str]] = {}  # descriptor to the roots that need it
        # Root to the folder around it, or what is left of that, and the name there that leads to it. That the root has
        # been removed is told there alone: it lives on while a process of a service works in it.
        self._guards: dict[str, tuple[int, str]] = {}
        self._gone: set[str] = set()  # roots of which that has been said
        self._complaints = Complaints()
        self._open = True
        self._lost = 0  # events are missing: so many reads later, all is looked at again

    def __repr__(self) -> str:
        return f"<Trees {len(self._trees)} roots, {len(self._users)} folders watched>"

    def __len__(self) -> int:
        return len(self._users)

    def add(self, root: str, ignored: Ignored) -> None:
        """Watch a root, leaving out what somebody ignores.

        Raises `OSError` when it cannot be watched; nothing of it is watched then.
        """
        with self._lock:
            tree = self._trees.setdefault(root, Tree(root))
            if not tree.join(ignored):
                return
            try:
                os.scandir(root).close()
                self._guard(tree)
                self._release(tree, self._explore(tree, [""], telling=False).left)
            except OSError:
                self.remove(root)
                raise
        self._inotify.wake()  # there are files to be stamped

    def remove(self, root: str) -> None:
        """Watch a root no more. It may have been given up already for lack of watches."""
        with self._lock:
            tree = self._trees.pop(root, None)
            if tree is None:
                return
            self._guards.pop(root, None)
            tree.let_go()
            self._release(tree, [descriptor for descriptor, roots in self._users.items() if root in roots])

    def folders(self, root: str) -> list[Folder]:
        """Return the watched folders of a root."""
        with self._lock:
            return list(self._trees[root].folders()) if root in self._trees else []

    def changes(self) -> Iterator[FileSystemEvent]:
        """Yield what has changed, waiting until something has or `close` is called."""
        with self._lock:
            idle = not any(True for tree in self._trees.values() for _ in tree.unseen())
        data = self._inotify.read(None if idle and not self._lost else 0)
        if not self._open:
            return
        with self._lock:
            left, self._lost = self._lost, 1  # should hearing fail, all is looked at again
            for record in records(data):
                if record.mask & OVERFLOW and not left:
                    left = READS
                yield from self._hear(record)
            due = left > 0 and (left == 1 or not data)
            self._lost = 0 if due else max(left - 1, 0)
            if due:
                yield from self._look_again()
            elif not data:
                self._stamp_some()

    def stop(self) -> None:
        """End the reading thread's wait."""
        self._open = False
        self._inotify.wake()

    def close(self) -> None:
        """Give the descriptor back, when nobody reads any more."""
        self._inotify.close()

    def _hear(self, record: Record) -> Iterator[FileSystemEvent]:
        for root in tuple(self._users.get(record.descriptor, ())):
            tree = self._trees[root]
            guard, name = self._guards.get(root, (NOWHERE, ""))
            if guard != record.descriptor:
                yield from self._take(tree, tree.heard(record))
            elif record.name in ("", name):
                yield from self._take(tree, self._at_the_guard(tree, record))
        if record.mask & IGNORED:
            self._users.pop(record.descriptor, None)

    def _take(self, tree: Tree, steps: Steps) -> Iterator[FileSystemEvent]:
        """Carry steps out."""
        self._release(tree, steps.left)
        yield from events(tree, steps)
        for path, complete in steps.look:
            place = tree.absolute(path)
            link = link_to_folder(place)
            if link is not None or complete or is_complete_when_created(place):
                yield from self._take(tree, tree.looked(path, link))
        if steps.enter:
            yield from self._enter(tree, steps.enter, telling=True)
        if steps.again:
            yield from self._enter(tree, steps.again, telling=False)
        if steps.lost:
            yield from self._regain(tree)

    def _enter(
        self, tree: Tree, paths: Iterable[str], telling: bool, stamps: bool = False
    ) -> Iterator[FileSystemEvent]:
        if self._trees.get(tree.root) is not tree:  # it has been given up meanwhile
            return
        try:
            steps = self._explore(tree, paths, telling, stamps)
        except OSError as error:
            self._give_up(tree, error)
        else:
            self._release(tree, steps.left)
            yield from events(tree, steps)

    def _give_up(self, tree: Tree, error: OSError) -> None:
        self.remove(tree.root)
        self._short(tree, error)

    def _explore(self, tree: Tree, paths: Iterable[str], telling: bool, stamps: bool = False) -> Steps:
        def watch(folder: str, follow: bool) -> int:
            descriptor = self._inotify.add(folder, follow)
            self._users.setdefault(descriptor, set()).add(tree.root)
            return descriptor

        return explore(tree, paths, watch, self._complaints.add, telling, stamps)

    def _release(self, tree: Tree, descriptors: Iterable[int]) -> None:
        """Let go of what a tree needs no more, unless another does. It may need it again by now."""
        needed = tree.descriptors()
        for descriptor in descriptors:
            users = self._users.get(descriptor)
            if users is None or descriptor in needed or descriptor in self._guards.get(tree.root, ()):
                continue
            users.discard(tree.root)
            if not users:
                del self._users[descriptor]
                self._inotify.remove(descriptor)

    def _guard(self, tree: Tree) -> None:
        """Watch the nearest folder around a root that exists, for the name that leads to the root."""
        place = parent_of(tree.root) if tree.root == parent_of(tree.root) else ""
        while place != (around := nearest(parent_of(tree.root))):  # it may go while we look
            place = around
            before = self._guards.pop(tree.root, (NOWHERE, ""))[0]
            try:
                descriptor = self._inotify.guard(place)
            except OSError as error:
                if error.errno in SHORT:
                    raise
                if error.errno not in GONE:  # it is not for us to look into; a removed root is noticed late then
                    return
                place = ""
                continue
            self._users.setdefault(descriptor, set()).add(tree.root)
            self._guards[tree.root] = descriptor, next_name(tree.root, place)
            self._release(tree, [before])

    def _is_guarded(self, tree: Tree) -> bool:
        """Watch the folder around a root, whichever it is by now; tell whether the root is not given up."""
        try:
            self._guard(tree)
        except OSError as error:
            self._give_up(tree, error)
            return False
        return True

    def _at_the_guard(self, tree: Tree, record: Record) -> Steps:
        """Return what it means that a name on the way to a root, or the folder of that name, comes or goes."""
        is_there = tree.top is not None
        has_left = bool(record.mask & LEAVING) and (bool(record.name) or not os.path.isdir(tree.root))  # noqa: PTH112
        if is_there and not has_left:
            return Steps()
        steps = tree.drop("")
        steps.lost = True
        return steps

    def _regain(self, tree: Tree) -> Iterator[FileSystemEvent]:
        """Take a root in that has gone and may have come back by now."""
        if not self._is_guarded(tree):
            return
        if os.path.isdir(tree.root):  # noqa: PTH112 - a string as it is
            LOG.info("%s is back", tree.root)
            self._gone.discard(tree.root)
            yield from self._enter(tree, [""], telling=True)
        elif tree.root not in self._gone:
            LOG.warning("%s is gone; devserve waits for it to come back", tree.root)
            self._gone.add(tree.root)

    def _look_again(self) -> Iterator[FileSystemEvent]:
        """Compare everything with the last listings, as an unknown number of events is missing."""
        started = perf_counter()
        for tree in tuple(self._trees.values()):
            if tree.top is None or not os.path.isdir(tree.root):  # noqa: PTH112 - a string as it is
                steps = tree.drop("")
                steps.lost = True
                yield from self._take(tree, steps)
            elif self._is_guarded(tree):
                yield from self._enter(tree, [""], telling=True, stamps=True)
        milliseconds = (perf_counter() - started) * 1000
        folders = len(set().union(*(tree.descriptors() for tree in self._trees.values())))
        LOG.warning("events were lost; looked again at %d folders in %.0f ms", folders, milliseconds)

    def _stamp_some(self) -> None:
        """Look at files while there is nothing else to do: what they are like is compared when events were lost."""
        left = SLICE
        for tree in self._trees.values():
            for path, names in tree.unseen():
                if not left:
                    return
                left -= 1
                found = ((name, stamp_of(tree.absolute(f"{path}/{name}" if path else name))) for name in names)
                tree.seen(path, {name: stamp for name, stamp in found if stamp is not None})


def events(tree: Tree, steps: Steps) -> Iterator[FileSystemEvent]:
    """Yield a tree's changes as watchdog has them."""
    yield from (FileDeletedEvent(tree.absolute(path)) for path in steps.gone)
    yield from (FileModifiedEvent(tree.absolute(path)) for path in steps.told)


def nearest(root: str) -> str:
    """Return the nearest folder of a root that exists: itself, or one around it."""
    return next(str(place) for place in (Path(root), *Path(root).parents) if os.path.isdir(place))  # noqa: PTH112


def parent_of(root: str) -> str:
    """Return the folder around a root; the topmost has itself."""
    return str(Path(root).parent)


def next_name(root: str, around: str) -> str:
    """Return the name on the way from a folder to a root."""
    return os.path.relpath(root, around).partition("/")[0]
