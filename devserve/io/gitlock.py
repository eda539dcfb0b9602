"""Whether git is busy with a working tree: its index.lock exists."""

from __future__ import annotations

from pathlib import Path


class GitLock:
    """The lock of the repository that a folder belongs to, looked for once."""

    __slots__ = ("_file",)

    def __init__(self, folder: Path) -> None:
        git = git_folder(folder)
        self._file = git / "index.lock" if git else None

    def __repr__(self) -> str:
        return f"<GitLock {self._file or 'without a repository'}, {'held' if self.held() else 'free'}>"

    def held(self) -> bool:
        """Whether git is changing the index, as it does all through a branch switch."""
        return self._file is not None and self._file.exists()


def git_folder(folder: Path) -> Path | None:
    """Return git's folder for a working tree, or None outside of one.

    In a linked working tree and in a submodule `.git` is a file that names it (gitrepository-layout(5)).
    """
    start = folder.absolute()
    found = next((place / ".git" for place in (start, *start.parents) if (place / ".git").exists()), None)
    if found is None or found.is_dir():
        return found
    key, _, value = found.read_text(encoding="utf-8", errors="surrogateescape").strip().partition(": ")
    return found.parent / value if key == "gitdir" else None
