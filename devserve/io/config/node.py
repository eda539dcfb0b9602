"""Where Node looks for a repository's own packages and programs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def repository_folders(folder: Path) -> list[Path]:
    """Return a folder and those around it up to its repository's, which has .git: where Node looks, and no further."""
    around = [folder, *folder.parents]
    top = next((number for number, each in enumerate(around) if (each / ".git").exists()), 0)
    return around[: top + 1]


def path_with_programs(folder: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return PATH with the programs of the repository's packages first, as npm and npx have it; nothing without any."""
    found = [each / "node_modules" / ".bin" for each in repository_folders(folder)]
    programs = [str(each) for each in found if each.is_dir()]
    if not programs:
        return {}
    return {"PATH": os.pathsep.join([*programs, environment.get("PATH", os.defpath)])}
