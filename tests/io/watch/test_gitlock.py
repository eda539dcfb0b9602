"""Where git's lock is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devserve.io.watch.gitlock import SIGNS, GitLock, git_folder

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")


def git(folder, *arguments, check=True):
    subprocess.run([*GIT, *arguments], cwd=folder, check=check, capture_output=True)


@pytest.fixture
def diverged(tmp_path):
    """A repository whose branches `main` and `topic` have changed the same line."""
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init")
    for branch in ("base", "main", "topic"):
        if branch == "topic":
            git(repository, "checkout", "-b", "topic", "HEAD~")
        (repository / "site.css").write_text(branch)
        git(repository, "add", ".")
        git(repository, "commit", "-m", branch)
    return repository


@pytest.mark.parametrize("sign", SIGNS)
def test_is_held_while_a_sign_exists(tmp_path, sign):
    (tmp_path / ".git").mkdir()
    lock = GitLock(tmp_path)
    assert not lock.held()
    (tmp_path / ".git" / sign).touch()
    assert lock.held()
    (tmp_path / ".git" / sign).unlink()
    assert not lock.held()


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (("merge", "main"), ("merge", "--abort")),
        (("rebase", "main"), ("rebase", "--abort")),
        (("rebase", "--apply", "main"), ("rebase", "--abort")),
    ],
)
@pytest.mark.parametrize("linked", [False, True])
def test_is_held_while_a_merge_or_a_rebase_waits_for_somebody(diverged, begin, end, linked):
    tree = diverged
    if linked:
        tree = diverged.parent / "linked"
        git(diverged, "worktree", "add", "-b", "other", str(tree), "topic")
    lock = GitLock(tree)
    assert not lock.held()
    git(tree, *begin, check=False)
    assert lock.held()
    assert not linked or not GitLock(diverged).held()
    git(tree, *end)
    assert not lock.held()


def test_finds_the_repository_of_a_folder_within(tmp_path):
    (tmp_path / ".git").mkdir()
    service = tmp_path / "services/web"
    service.mkdir(parents=True)
    (tmp_path / ".git/index.lock").touch()
    assert GitLock(service).held()


def test_follows_the_file_of_a_linked_working_tree(tmp_path):
    git = tmp_path / "main/.git/worktrees/topic"
    git.mkdir(parents=True)
    tree = tmp_path / "topic"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {git}\n")
    (git / "index.lock").touch()
    assert GitLock(tree).held()


def test_follows_the_relative_path_of_a_submodule(tmp_path):
    module = tmp_path / "sub"
    module.mkdir()
    (module / ".git").write_text("gitdir: ../.git/modules/sub\n")
    assert git_folder(module) == module / "../.git/modules/sub"


def test_is_never_held_outside_of_a_repository():
    root = Path("/")
    assert git_folder(root) is None
    assert not GitLock(root).held()
    assert repr(GitLock(root)) == "<GitLock without a repository, free>"
