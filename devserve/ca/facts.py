"""What was found on this machine, as a value: which paths and commands exist, what a few files and variables say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Facts:
    """A machine and a user's home. `root` is where the system's folders begin."""

    system: str  # as platform.system() says: Linux, Darwin, Windows
    home: Path
    config_home: Path  # XDG_CONFIG_HOME
    data_home: Path  # XDG_DATA_HOME
    paths: frozenset[Path] = frozenset()  # of the places that the trust stores ask about, those that exist
    commands: frozenset[str] = frozenset()
    texts: Mapping[Path, str] = field(default_factory=dict, repr=False)
    matches: Mapping[Path, Path] = field(default_factory=dict, repr=False)  # what globs found, and where links lead
    writable: frozenset[Path] = frozenset()  # of the places and matches, those that this user may write
    read_only: frozenset[Path] = frozenset()  # of the places, those on a file system that is read-only
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    root: Path = Path("/")
