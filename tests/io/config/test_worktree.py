import subprocess

import pytest

from devserve.io.config.worktree import branch_of


def git(folder, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@t.test")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("branch", "label"), [("feature/New_Cart", "feature-new-cart"), ("x" * 90, "x" * 63), ("--", "")]
)
def test_a_linked_worktree_has_its_branch(tmp_path, branch, label):
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "commit", "-q", "--allow-empty", "-m", "begun")
    linked = tmp_path / "linked"
    git(main, "worktree", "add", "-q", str(linked), "-b", "first")
    head = main / ".git" / "worktrees" / "linked" / "HEAD"
    head.write_text(f"ref: refs/heads/{branch}\n")
    (linked / "packages").mkdir()
    assert branch_of(linked) == label
    assert branch_of(linked / "packages") == label
    assert branch_of(main) == ""


@pytest.mark.parametrize("text", ["", "nonsense", "gitdir: nowhere"])
def test_elsewhere_there_is_none(tmp_path, text):
    assert branch_of(tmp_path) == ""
    (tmp_path / ".git").write_text(text)
    assert branch_of(tmp_path) == ""
