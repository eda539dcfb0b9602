"""What `include` names: one folder, or with a pattern those of several repositories."""

from __future__ import annotations

from pathlib import Path

MAGIC = frozenset("*?[")


def parted(include: Path) -> tuple[Path, str]:
    """Return the folder of an include and the pattern below it, which is empty where it names one folder."""
    parts = include.parts
    first = next((index for index, part in enumerate(parts) if MAGIC & set(part)), len(parts))
    return Path(*parts[:first]), "/".join(parts[first:])
