"""Whether git is busy with a working tree, by what it leaves in its folder meanwhile (gitrepository-layout(5))."""

from __future__ import annotations

from pathlib import Path

# The index is being written, as all through a branch switch; a rebase, or a merge, has begun and not ended.
SIGNS = ("index.lock", "rebase-merge", "rebase-apply", "MERGE_HEAD")


class GitLock:
    """The lock of the repository that a folder belongs to, looked for once. Linked working trees have their own."""

    __slots__ = ("_git",)

    def __init__(self, folder: Path) -> None:
        self._git = git_folder(folder)

    def __repr__(self) -> str:
        return f"<GitLock {self._git or 'without a repository'}, {'held' if self.held() else 'free'}>"

    def held(self) -> bool:
        """Whether the files are on their way from one state to another: what is built now would be half of each."""
        return self._git is not None and any((self._git / sign).exists() for sign in SIGNS)


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
