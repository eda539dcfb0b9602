"""What a repository of Node's has: the versions of packages, and the text of webpack's configuration."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypeAlias

Version: TypeAlias = tuple[int, int]
UNKNOWN: Version = (0, 0)
VERSION = re.compile(r"(\d+)\.(\d+)")
SOURCES = frozenset({".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"})
CONFIG = re.compile(r"(?:--config|-c)[ =]([^\s\"'\\]+)")  # in a script
MOST_READ = 1_000_000  # characters of one file


def version_of(package: str, folder: Path) -> Version:
    """Return the version of the package that Node finds from a folder; UNKNOWN where it finds none."""
    for place in (folder, *folder.parents):
        if text := text_of(place / "node_modules" / package / "package.json"):
            try:
                found = VERSION.match(str(json.loads(text)["version"]))
            except (ValueError, KeyError, TypeError):
                return UNKNOWN
            return (int(found[1]), int(found[2])) if found else UNKNOWN
    return UNKNOWN


def webpack_configuration(folder: Path) -> str:
    """Return the text of each file that may be part of it: by its name, or beside the one that a script names."""
    named = {(folder / name).parent for name in CONFIG.findall(text_of(folder / "package.json"))} - {folder}
    files = {*folder.glob("*webpack*"), *folder.glob("*/*webpack*")}
    files.update(file for place in named if place.is_dir() for file in place.iterdir())
    return "\n".join(text_of(file) for file in sorted(files) if file.suffix in SOURCES)


def text_of(file: Path) -> str:
    """Return the text of a file, "" where it cannot be read."""
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(MOST_READ)
    except OSError:
        return ""
