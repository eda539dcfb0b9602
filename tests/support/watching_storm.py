"""A storm of changes in a folder, the same for the same seed, and what must be known of it in the end."""

from __future__ import annotations

import os
import random
import shutil
from contextlib import suppress
from pathlib import Path

NAMES = "abcd"


class Storm:
    """Folders and files that come, go and move; `outside` is where some move to and come from."""

    def __init__(self, root, outside, linked, seed):
        self.root, self.outside, self.linked = root, outside, linked
        self.random = random.Random(seed)
        self.chances = {
            self.new_folder: 30,
            self.new_folders: 5,
            self.new_file: 25,
            self.move: 12,
            self.move_out: 5,
            self.move_in: 5,
            self.remove: 8,
            self.link: 3,
            self.unlink: 2,
            self.ignored: 2,
            self.remove_file: 3,
        }

    def play(self, steps):
        """Do so many things, as far as they can be done."""
        for deed in self.random.choices(list(self.chances), list(self.chances.values()), k=steps):
            with suppress(OSError, IndexError):  # it is not possible, or there is none
                deed(self.random.choice(self.folders()))
            self.root.mkdir(exist_ok=True)

    def folders(self):
        below = (Path(top) / name for top, folders, _ in os.walk(self.root) for name in folders)
        return [self.root, *(folder for folder in below if not folder.is_symlink())]

    def name(self):
        return self.random.choice(NAMES)

    def new_folder(self, folder):
        (folder / self.name()).mkdir()

    def new_folders(self, folder):
        (folder / self.name() / self.name() / self.name()).mkdir(parents=True)

    def new_file(self, folder):
        (folder / f"{self.name()}.css").write_text(str(self.random.random()))

    def move(self, folder):
        folder.rename(self.random.choice(self.folders()) / self.name())

    def move_out(self, folder):
        folder.rename(self.outside / str(self.random.random()))

    def move_in(self, folder):
        self.random.choice(sorted(self.outside.iterdir())).rename(folder / self.name())

    def remove(self, folder):
        shutil.rmtree(folder)

    def link(self, folder):
        (folder / "link").symlink_to(self.linked)

    def unlink(self, folder):
        (folder / "link").unlink()

    def ignored(self, folder):
        (folder / "node_modules/x").mkdir(parents=True)
        (folder / "node_modules/x/a.css").touch()

    def remove_file(self, folder):
        self.random.choice(sorted(folder.glob("*.css"))).unlink()


def seen_below(root, name=""):
    """The files and the folders below a root that must be known; links are followed once."""
    files, folders = set(), {root.resolve() / name}
    for entry in (root / name).iterdir():
        path = f"{name}/{entry.name}" if name else entry.name
        if entry.is_dir() and entry.name != "node_modules":
            below = seen_below(root, path)
            files |= below[0]
            folders |= {(root / path).resolve(), *below[1]} if entry.is_symlink() else below[1]
        elif not entry.is_dir():
            files.add(path)
    return files, {folder.resolve() for folder in folders}
