"""The watched folders below one root: what a record of inotify leads to, and what a new listing tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from devserve.watch import records
from devserve.watch.ignore import Ignored
from devserve.watch.records import Record

Stamp = tuple[int, int, int]  # mtime in nanoseconds, size, inode
NOWHERE = -1  # the descriptor of a folder that is not watched: it is polled, or has gone
GITIGNORE = ".gitignore"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a folder. A stamp is None where the file has not been looked at yet.

    `links` are links to folders and where they lead. `gitignore` is the text of the folder's own, None without one.
    """

    files: Mapping[str, Stamp | None] = field(default_factory=dict)
    folders: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    gitignore: str | None = None


@dataclass(slots=True, eq=False)
class Folder:
    """A folder that is watched, and what it held when it was last listed."""

    path: str  # relative to the root; "" for the root itself
    linked: bool = False  # a link, or below one: links in it are not followed, so there are no circles
    descriptor: int = NOWHERE
    files: dict[str, Stamp | None] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)

    def below(self, name: str) -> str:
        """Return the path of what is in this folder."""
        return f"{self.path}/{name}" if self.path else name

    def all(self) -> Iterator[Folder]:
        """Yield this folder and those below it."""
        yield self
        for folder in tuple(self.folders.values()):
            yield from folder.all()


@dataclass(slots=True)
class Steps:
    """What is to be done now; paths are relative to the root."""

    told: list[str] = field(default_factory=list)  # files that changed
    gone: list[str] = field(default_factory=list)  # files that went, alone or with their folder
    enter: list[str] = field(default_factory=list)  # folders to watch, then to list, and to tell what is in them
    again: list[str] = field(default_factory=list)  # folders to list again: their .gitignore has changed
    look: list[tuple[str, bool]] = field(default_factory=list)  # new names that may be links, and whether complete
    left: list[int] = field(default_factory=list)  # descriptors that this tree needs no more
    lost: bool = False  # the root itself is gone


class Tree:
    """The folders below a root that somebody wants watched, each with its descriptor and its last listing.

    A folder is left out when all `rules` leave it out. The same descriptor may stand for more than one place: a folder
    is reached directly and through a link, and the kernel knows it once.
    """

    def __init__(self, root: str, rules: Sequence[Ignored] = ()) -> None:
        self.root = root
        self.rules = list(rules)
        self.top: Folder | None = None
        self._places: dict[int, list[Folder]] = {}
        self._left_out: set[str] = set()  # folders that all rules leave out
        self._gitignores: dict[str, str] = {}  # texts by folder
        self._unseen: dict[str, Folder] = {}  # folders with files that have no stamp

    def __repr__(self) -> str:
        return f"<Tree {self.root} {sum(1 for _ in self.folders())} folders>"

    def join(self, ignored: Ignored) -> bool:
        """Take in what somebody else ignores; return whether there are folders to be added, or none is known yet."""
        if all(rule is not ignored for rule in self.rules):
            self.rules.append(ignored)
            for path, text in self._gitignores.items():
                ignored.nest(path, text)
        return self.top is None or not all(ignored.covers(path, is_dir=True) for path in self._left_out)

    def is_link(self, path: str) -> bool:
        """Tell whether a folder is a link that is followed."""
        folder = self._at(path)
        return folder is not None and folder.linked and not self._is_below_link(folder)

    def absolute(self, path: str) -> str:
        """Return where a path of this tree is."""
        return f"{self.root.rstrip('/')}/{path}" if path else self.root

    def folders(self) -> Iterator[Folder]:
        """Yield all watched folders."""
        if self.top is not None:
            yield from self.top.all()

    def descriptors(self) -> set[int]:
        """Return the descriptors that this tree needs."""
        return set(self._places)

    def ignores(self, path: str) -> bool:
        """Tell whether a folder is left out by everybody."""
        return bool(self.rules) and all(rule.covers(path, is_dir=True) for rule in self.rules)

    def listed(self, path: str, descriptor: int, listing: Listing, telling: bool) -> Steps:
        """Take in what is in a folder; where `telling`, tell what differs from the last listing.

        Of a folder that is new that is all. A file without a stamp may have changed, so it is told.
        """
        steps = Steps()
        folder = self._found(path)
        if folder is None:  # its parent went meanwhile
            steps.left += [] if descriptor in self._places else [descriptor]
            return steps
        steps.left += self._bind(folder, descriptor)
        self._nest(path, listing.gitignore or "")
        if telling:
            self._compare(folder, listing, steps)
        folder.files = {name: stamp or folder.files.get(name) for name, stamp in listing.files.items()}
        if None in folder.files.values():
            self._unseen[path] = folder
        self._descend(folder, listing, steps)
        return steps

    def heard(self, record: Record) -> Steps:
        """Return what a record leads to; nothing for a descriptor that this tree does not know."""
        steps = Steps()
        for folder in tuple(self._places.get(record.descriptor, ())):
            if record.name:
                self._within(folder, record, steps)
            else:
                self._itself(folder, record, steps)
        return steps

    def looked(self, path: str, link: str | None) -> Steps:
        """Take in what a new name is: a link to a folder leads there, all else is told."""
        parent, _, name = path.rpartition("/")
        folder = self._at(parent)
        if folder is None:
            return Steps()
        if link is None:
            self._note(folder, name)
            return Steps(told=[path])
        return Steps(enter=[path] if self._adopt(folder, name, link) else [])

    def drop(self, path: str) -> Steps:
        """Forget a folder and all below it."""
        steps = Steps()
        parent, _, name = path.rpartition("/")
        if not path:
            folder, self.top = self.top, None
        else:
            above = self._at(parent)
            folder = above.folders.pop(name, None) if above else None
        for each in folder.all() if folder else ():
            steps.gone += [each.below(file) for file in each.files]
            steps.left += self._bind(each, NOWHERE)
            self._unseen.pop(each.path, None)
        return steps

    def let_go(self) -> None:
        """Forget the descriptors; what was listed stays, to be compared with."""
        for folder in self.folders():
            folder.descriptor = NOWHERE
        self._places.clear()

    def unseen(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield folders with the names of their files that have no stamp yet."""
        for path, folder in tuple(self._unseen.items()):
            yield path, tuple(name for name, stamp in folder.files.items() if stamp is None)

    def seen(self, path: str, stamps: Mapping[str, Stamp]) -> None:
        """Take in stamps of a folder's files; those that have none are gone again."""
        folder = self._unseen.pop(path, None)
        if folder is None:
            return
        for name in [name for name, stamp in folder.files.items() if stamp is None]:
            if name in stamps:
                folder.files[name] = stamps[name]
            else:
                del folder.files[name]

    def _nest(self, path: str, gitignore: str) -> None:
        """Tell the rules of a folder's .gitignore, "" for none."""
        if self._gitignores.get(path, "") == gitignore:
            return
        self._gitignores[path] = gitignore
        for rule in self.rules:
            rule.nest(path, gitignore)

    def _leaves_out(self, path: str) -> bool:
        """Tell whether a folder is left out, and remember if so: somebody who joins later may want it."""
        if self.ignores(path):
            self._left_out.add(path)
            return True
        self._left_out.discard(path)
        return False

    def _within(self, folder: Folder, record: Record, steps: Steps) -> None:
        """Something happened to a name in a folder."""
        path, mask = folder.below(record.name), record.mask
        if mask & (records.DELETE | records.MOVED_FROM):
            self._left_out.discard(path)
            if record.name in folder.folders:
                self._merge(steps, self.drop(path))
            if not mask & records.IS_FOLDER and folder.files.pop(record.name, False) is not False:
                steps.gone.append(path)
        elif mask & records.IS_FOLDER:
            if not self._leaves_out(path):
                folder.folders.setdefault(record.name, Folder(path, folder.linked))
                steps.enter.append(path)
        elif mask & records.CLOSE_WRITE:
            self._note(folder, record.name)
            steps.told.append(path)
        else:
            steps.look.append((path, not mask & records.CREATE))  # what is created is told once it is closed
        if record.name == GITIGNORE and not mask & records.CREATE:
            steps.again.append(folder.path)

    def _itself(self, folder: Folder, record: Record, steps: Steps) -> None:
        """Something happened to the folder. Its parent's record follows, except for the root and where a link leads."""
        if record.mask & records.IGNORED:
            steps.left += self._bind(folder, NOWHERE)
        elif record.mask & (records.DELETE_SELF | records.MOVE_SELF | records.UNMOUNT):
            if folder is self.top:
                steps.lost = True
                self._merge(steps, self.drop(""))
            elif self.is_link(folder.path):
                self._merge(steps, self.drop(folder.path))

    def _compare(self, folder: Folder, listing: Listing, steps: Steps) -> None:
        for name, stamp in listing.files.items():
            known = folder.files.get(name)
            if known is None or known != stamp:
                steps.told.append(folder.below(name))
        steps.gone += [folder.below(name) for name in folder.files if name not in listing.files]

    def _descend(self, folder: Folder, listing: Listing, steps: Steps) -> None:
        """Enter what is below, and forget what is there no more or is ignored by now."""
        wanted = {name for name in listing.folders if not self._leaves_out(folder.below(name))}
        for name in wanted:
            folder.folders.setdefault(name, Folder(folder.below(name), folder.linked))
        wanted |= {name for name, link in listing.links.items() if self._adopt(folder, name, link)}
        for name in [name for name in folder.folders if name not in wanted]:
            self._merge(steps, self.drop(folder.below(name)))
        steps.enter += [folder.below(name) for name in folder.folders]

    def _adopt(self, folder: Folder, name: str, link: str) -> bool:
        """Take a link's folder in, if it is to be followed: once, and never back into the root or around it."""
        path = folder.below(name)
        if folder.linked or is_within(link, self.root) or is_within(self.root, link) or self.ignores(path):
            return False
        folder.folders.setdefault(name, Folder(path, linked=True))
        return True

    def _note(self, folder: Folder, name: str) -> None:
        folder.files[name] = None
        self._unseen[folder.path] = folder

    def _bind(self, folder: Folder, descriptor: int) -> list[int]:
        """Give a folder a descriptor; return the one that it had, if nothing else has it."""
        old = folder.descriptor
        if old == descriptor:
            return []
        folder.descriptor = descriptor
        if descriptor != NOWHERE:
            self._places.setdefault(descriptor, []).append(folder)
        if old == NOWHERE:
            return []
        places = self._places[old]
        places.remove(folder)
        if places:
            return []
        del self._places[old]
        return [old]

    def _found(self, path: str) -> Folder | None:
        if not path and self.top is None:
            self.top = Folder("")
        return self._at(path)

    def _at(self, path: str) -> Folder | None:
        folder = self.top
        for name in path.split("/") if path else ():
            folder = folder.folders.get(name) if folder else None
        return folder

    def _is_below_link(self, folder: Folder) -> bool:
        above = self._at(folder.path.rpartition("/")[0])
        return above is not None and above.linked

    @staticmethod
    def _merge(steps: Steps, more: Steps) -> None:
        steps.gone += more.gone
        steps.left += more.left


def is_within(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
