"""A plugin as devserve knows it: its name, where it is from, which version, and whether that is still so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

OWN = "devserve"  # the name of the defaults among the plugins


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a project's plugins depend on."""

    files: tuple[tuple[Path, bytes], ...] = ()
    tables: str = ""
    disabled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Plugin:
    """A module with hooks: devserve's own defaults, an installed package's, or a file of a repository."""

    name: str
    module: ModuleType
    package: str = ""  # the distribution that it is from; empty: a file of a repository
    version: str = ""

    def __str__(self) -> str:
        return f"the plugin {self.name} ({self.package} {self.version})" if self.package else self.name

    @property
    def is_file(self) -> bool:
        """Whether it is a file of the repository, and so part of its configuration."""
        return not self.package

    @property
    def table(self) -> str:
        """What its table of a devserve.toml is called: [plugins.NAME]; a file's is named as the file is."""
        return Path(self.name).stem if self.is_file else self.name

    @property
    def folder(self) -> str:
        """Where its code begins to be its own: its file, or the folder of a package."""
        file = Path(self.module.__file__ or "")
        return str(file.parent) + "/" if file.name == "__init__.py" else str(file)

    def blamed(self, what: str) -> str:
        """Return what it has done wrong, with its name unless the place there says it."""
        return what if self.is_file and self.name in what else f"{self}, {what}"
