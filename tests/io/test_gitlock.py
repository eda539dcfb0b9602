"""Where git's lock is."""

from __future__ import annotations

from pathlib import Path

from devserve.io.gitlock import GitLock, git_folder


def test_is_held_while_the_index_lock_exists(tmp_path):
    (tmp_path / ".git").mkdir()
    lock = GitLock(tmp_path)
    assert not lock.held()
    (tmp_path / ".git/index.lock").touch()
    assert lock.held()
    (tmp_path / ".git/index.lock").unlink()
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
