"""Real folders, walked through."""

from __future__ import annotations

import errno

import pytest

from devserve.io.watch.walk import (
    explore,
    is_complete_when_created,
    link_to_folder,
    look,
    no_watch,
    read_gitignore,
    stamp_of,
)
from devserve.watch.ignore import Ignored
from devserve.watch.tree import NOWHERE, Tree


def silent(place, error):
    raise AssertionError(f"{place}: {error}")


def test_sees_what_is_in_a_folder(tmp_path):
    (tmp_path / "a.css").write_text("x")
    (tmp_path / "web").mkdir()
    (tmp_path / "link").symlink_to("web")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / ".gitignore").write_text("out/\n")
    listing = look(str(tmp_path), stamps=False, complain=silent)
    assert listing.files == {"a.css": None, "circle": None, "dangling": None, ".gitignore": None}
    assert (listing.folders, listing.links) == (["web"], {"link": str(tmp_path / "web")})
    assert listing.gitignore == "out/\n"


def test_stamps_tell_a_changed_file_from_one_that_is_not(tmp_path):
    file = tmp_path / "a.css"
    file.write_text("x")
    before = look(str(tmp_path), stamps=True, complain=silent).files["a.css"]
    assert before == stamp_of(str(file))
    file.write_text("longer")
    assert stamp_of(str(file)) != before
    assert stamp_of(str(tmp_path / "gone")) is None


def test_never_enters_what_is_ignored(tmp_path):
    (tmp_path / "node_modules/deep").mkdir(parents=True)
    (tmp_path / "web/out/deep").mkdir(parents=True)
    (tmp_path / "web/.gitignore").write_text("out/\n")
    entered = []

    def watch(folder, follow):
        entered.append(folder)
        return len(entered)

    explore(Tree(str(tmp_path), [Ignored()]), [""], watch, silent, telling=False)
    assert entered == [str(tmp_path), str(tmp_path / "web")]


def test_a_folder_that_goes_meanwhile_is_no_error(tmp_path):
    (tmp_path / "web").mkdir()

    def watch(folder, follow):
        if folder.endswith("web"):
            (tmp_path / "web").rmdir()
        return len(folder)

    tree = Tree(str(tmp_path))
    steps = explore(tree, [""], watch, silent, telling=False)
    assert steps.left == [len(str(tmp_path / "web"))]  # or it would be watched for ever
    assert [folder.path for folder in tree.folders()] == [""]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO])
def test_what_cannot_be_looked_into_is_said_and_the_rest_goes_on(tmp_path, code):
    (tmp_path / "shut").mkdir()
    (tmp_path / "web").mkdir()
    said = []

    def watch(folder, follow):
        if folder.endswith("shut"):
            raise OSError(code, "no")
        return NOWHERE

    tree = Tree(str(tmp_path))
    explore(tree, [""], watch, lambda place, error: said.append((place, error.errno)), telling=False)
    assert said == [(str(tmp_path / "shut"), code)]
    assert {folder.path for folder in tree.folders()} == {"", "web"}


def test_a_lack_of_watches_is_raised(tmp_path):
    def watch(folder, follow):
        raise OSError(errno.ENOSPC, "no space left on device")

    with pytest.raises(OSError, match="no space left"):
        explore(Tree(str(tmp_path)), [""], watch, silent, telling=False)


def test_a_polled_tree_is_compared(tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web/a.css").write_text("x")
    tree = Tree(str(tmp_path))
    explore(tree, [""], no_watch, silent, telling=False, stamps=True)
    (tmp_path / "web/a.css").unlink()
    (tmp_path / "web/b.css").write_text("x")
    steps = explore(tree, [""], no_watch, silent, telling=True, stamps=True)
    assert (steps.told, steps.gone) == (["web/b.css"], ["web/a.css"])


def test_a_gitignore_that_cannot_be_read_is_said(tmp_path):
    said = []
    assert read_gitignore(str(tmp_path), lambda place, error: said.append(place)) is None
    assert said == [str(tmp_path)]
    assert read_gitignore(str(tmp_path / "gone"), silent) is None


def test_where_links_lead(tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("web")
    (tmp_path / "file-link").symlink_to("file")
    assert link_to_folder(str(tmp_path / "link")) == str(tmp_path / "web")
    assert [link_to_folder(str(tmp_path / name)) for name in ("web", "file", "file-link", "gone")] == [None] * 4


def test_links_are_complete_when_they_are_created(tmp_path):
    (tmp_path / "file").touch()
    assert not is_complete_when_created(str(tmp_path / "file"))
    (tmp_path / "hard").hardlink_to(tmp_path / "file")
    (tmp_path / "soft").symlink_to("file")
    assert is_complete_when_created(str(tmp_path / "hard"))
    assert is_complete_when_created(str(tmp_path / "soft"))
    assert not is_complete_when_created(str(tmp_path / "gone"))
