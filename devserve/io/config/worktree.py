"""The branch of a linked git worktree (git-worktree(1))."""

from __future__ import annotations

from pathlib import Path

from devserve.config.hosts import label_like

POINTER, BRANCH = "gitdir: ", "ref: refs/heads/"


def branch_of(folder: Path) -> str:
    """Return the branch of the linked worktree that a folder is in, as a host's label; "" elsewhere.

    The main checkout's branch says nothing: everybody's names are for that one.
    """
    for place in (folder, *folder.parents):
        pointer = place / ".git"
        if pointer.is_dir():
            return ""
        if pointer.is_file():
            return label_like(_after(_text(place / _after(_text(pointer), POINTER) / "HEAD"), BRANCH))
    return ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _after(text: str, start: str) -> str:
    return text.removeprefix(start) if text.startswith(start) else ""
