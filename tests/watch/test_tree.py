"""What records and listings lead to, without a file."""

from __future__ import annotations

import pytest

from devserve.watch import records
from devserve.watch.ignore import Ignored
from devserve.watch.records import IS_FOLDER, Record
from devserve.watch.tree import NOWHERE, Listing, Steps, Tree

OLD, NEW = (1, 10, 100), (2, 10, 100)


def tree_of(*rules):
    """Return a tree: the root is descriptor 1 and has a file, web is 2, web/css is 3 and has a file."""
    tree = Tree("/shop", rules)
    tree.listed("", 1, Listing({"top.css": OLD}, ["web"]), telling=False)
    tree.listed("web", 2, Listing(folders=["css"]), telling=False)
    tree.listed("web/css", 3, Listing({"site.css": OLD}), telling=False)
    return tree


def paths(tree):
    return {folder.path: folder.descriptor for folder in tree.folders()}


@pytest.mark.parametrize(
    ("record", "steps"),
    [
        (Record(3, records.CLOSE_WRITE, "site.css"), Steps(told=["web/css/site.css"])),
        (Record(1, records.CLOSE_WRITE, "top.css"), Steps(told=["top.css"])),
        (Record(3, records.CREATE, "new.css"), Steps(look=[("web/css/new.css", False)])),
        (Record(3, records.MOVED_TO, "new.css"), Steps(look=[("web/css/new.css", True)])),
        (Record(3, records.DELETE, "site.css"), Steps(gone=["web/css/site.css"])),
        (Record(3, records.MOVED_FROM, "site.css"), Steps(gone=["web/css/site.css"])),
        (Record(3, records.DELETE, "never-closed.css"), Steps()),
        (Record(2, records.CREATE | IS_FOLDER, "js"), Steps(enter=["web/js"])),
        (Record(2, records.MOVED_TO | IS_FOLDER, "js"), Steps(enter=["web/js"])),
        (Record(2, records.CREATE | IS_FOLDER, "node_modules"), Steps()),
        (Record(2, records.MOVED_FROM | IS_FOLDER, "css"), Steps(gone=["web/css/site.css"], left=[3])),
        (Record(1, records.DELETE | IS_FOLDER, "web"), Steps(gone=["web/css/site.css"], left=[2, 3])),
        (Record(3, records.DELETE_SELF), Steps()),
        (Record(3, records.IGNORED), Steps(left=[3])),
        (Record(1, records.DELETE_SELF), Steps(gone=["top.css", "web/css/site.css"], left=[1, 2, 3], lost=True)),
        (Record(1, records.MOVE_SELF), Steps(gone=["top.css", "web/css/site.css"], left=[1, 2, 3], lost=True)),
        (Record(2, records.CLOSE_WRITE, ".gitignore"), Steps(told=["web/.gitignore"], again=["web"])),
        (Record(99, records.CREATE | IS_FOLDER, "js"), Steps()),
        (Record(-1, records.OVERFLOW), Steps()),
    ],
)
def test_what_a_record_leads_to(record, steps):
    assert tree_of(Ignored()).heard(record) == steps


def test_a_folder_that_left_is_known_no_more():
    tree = tree_of()
    tree.heard(Record(1, records.MOVED_FROM | IS_FOLDER, "web"))
    assert paths(tree) == {"": 1}
    assert tree.heard(Record(3, records.CLOSE_WRITE, "site.css")) == Steps()
    assert tree.descriptors() == {1}


def test_the_start_tells_nothing_and_leaves_ignored_folders_out():
    tree = Tree("/shop", [Ignored()])
    listing = Listing({"a.css": None}, ["src", "node_modules"])
    assert tree.listed("", 1, listing, telling=False) == Steps(enter=["src"])
    assert tree.absolute("src/a.css") == "/shop/src/a.css"


def test_a_new_folder_tells_what_is_in_it():
    tree = tree_of()
    tree.heard(Record(1, records.CREATE | IS_FOLDER, "new"))
    found = tree.listed("new", 4, Listing({"a.css": None}, ["deep"]), telling=True)
    assert found == Steps(told=["new/a.css"], enter=["new/deep"])


def test_a_folder_whose_parent_went_meanwhile_is_let_go():
    assert tree_of().listed("gone/deep", 9, Listing(), telling=True) == Steps(left=[9])
    assert tree_of().listed("gone/deep", 3, Listing(), telling=True) == Steps()


@pytest.mark.parametrize(
    ("files", "steps"),
    [
        ({"site.css": OLD}, Steps()),
        ({"site.css": NEW}, Steps(told=["web/css/site.css"])),
        ({"site.css": OLD, "new.css": NEW}, Steps(told=["web/css/new.css"])),
        ({}, Steps(gone=["web/css/site.css"])),
    ],
)
def test_what_a_second_look_tells(files, steps):
    assert tree_of().listed("web/css", 3, Listing(files), telling=True) == steps


def test_a_second_look_finds_folders_that_came_and_went():
    tree = tree_of()
    found = tree.listed("web", 2, Listing(folders=["js"]), telling=True)
    assert found == Steps(enter=["web/js"], gone=["web/css/site.css"], left=[3])


def test_a_folder_made_anew_under_the_same_name_gets_its_new_descriptor():
    tree = tree_of()
    assert tree.listed("web/css", 7, Listing({"site.css": OLD}), telling=True) == Steps(left=[3])
    assert paths(tree) == {"": 1, "web": 2, "web/css": 7}


def test_a_file_that_nobody_has_looked_at_is_told_when_events_were_lost():
    tree = tree_of()
    tree.heard(Record(3, records.CLOSE_WRITE, "site.css"))
    assert tree.listed("web/css", 3, Listing({"site.css": NEW}), telling=True).told == ["web/css/site.css"]


def test_files_without_a_stamp_are_looked_at_when_there_is_time():
    tree = tree_of()
    tree.heard(Record(3, records.CLOSE_WRITE, "site.css"))
    tree.heard(Record(3, records.CLOSE_WRITE, "brief.css"))
    assert list(tree.unseen()) == [("web/css", ("site.css", "brief.css"))]
    tree.seen("web/css", {"site.css": NEW})
    assert list(tree.unseen()) == []
    assert tree.listed("web/css", 3, Listing({"site.css": NEW}), telling=True) == Steps()


def test_a_gitignore_that_changes_lets_folders_go_and_takes_them_in():
    tree = tree_of(Ignored())
    assert tree.listed("web", 2, Listing(folders=["css"], gitignore="css/\n"), telling=False).left == [3]
    assert tree.listed("web", 2, Listing(folders=["css"]), telling=False) == Steps(enter=["web/css"])


def test_a_folder_is_left_out_when_everybody_leaves_it_out():
    tree = Tree("/shop", [Ignored()])
    assert tree.join(tree.rules[0])  # nothing is known yet
    listing = Listing(folders=["dist", "src"], gitignore="*.min.css\n")
    assert tree.listed("", 1, listing, telling=False).enter == ["src"]
    same, less = Ignored(), Ignored(wanted=["dist/*.css"])
    assert not tree.join(same)
    assert same.covers("a.min.css")  # it has been told of the .gitignore
    assert tree.join(less)
    assert set(tree.listed("", 1, listing, telling=False).enter) == {"dist", "src"}
    assert not tree.join(Ignored(wanted=["dist/*.css"]))


@pytest.mark.parametrize(
    ("leads_to", "followed"),
    [("/shared/ui", True), ("/shop/web", False), ("/shop", False), ("/", False), ("/shopping", True)],
)
def test_a_link_is_followed_unless_it_leads_into_the_root_or_around_it(leads_to, followed):
    tree = tree_of()
    assert tree.listed("web", 2, Listing(links={"ui": leads_to}), telling=False).enter == (
        ["web/ui"] if followed else []
    )
    assert tree.is_link("web/ui") is followed


def test_a_link_below_a_link_is_not_followed():
    tree = tree_of()
    tree.listed("web", 2, Listing(links={"ui": "/shared/ui"}), telling=False)
    assert tree.listed("web/ui", 4, Listing(folders=["a"], links={"me": "/shared"}), telling=False).enter == [
        "web/ui/a"
    ]
    assert not tree.is_link("web/ui/a")


def test_a_new_name_is_told_or_entered_or_neither():
    tree = tree_of()
    assert tree.looked("web/css/new.css", None) == Steps(told=["web/css/new.css"])
    assert tree.looked("web/ui", "/shared/ui") == Steps(enter=["web/ui"])
    assert tree.looked("web/self", "/shop") == Steps()
    assert tree.looked("gone/new.css", None) == Steps()


def test_a_folder_in_two_places_is_told_in_both_and_let_go_with_the_last():
    tree = tree_of()
    tree.listed("web", 2, Listing(folders=["css"], links={"ui": "/shared/ui"}), telling=False)
    tree.listed("web/ui", 3, Listing({"site.css": OLD}), telling=False)
    told = tree.heard(Record(3, records.CLOSE_WRITE, "site.css")).told
    assert told == ["web/css/site.css", "web/ui/site.css"]
    assert tree.heard(Record(2, records.DELETE, "ui")) == Steps(gone=["web/ui/site.css"])
    assert tree.drop("web/css").left == [3]


def test_where_a_link_leads_may_go():
    tree = tree_of()
    tree.listed("web", 2, Listing(folders=["css"], links={"ui": "/shared/ui"}), telling=False)
    tree.listed("web/ui", 4, Listing({"a.css": OLD}), telling=False)
    assert tree.heard(Record(4, records.DELETE_SELF)) == Steps(gone=["web/ui/a.css"], left=[4])


def test_a_polled_tree_has_no_descriptors():
    tree = Tree("/shop")
    tree.listed("", NOWHERE, Listing({"a.css": OLD}), telling=False)
    assert tree.listed("", NOWHERE, Listing({"a.css": NEW}), telling=True) == Steps(told=["a.css"])
    assert tree.descriptors() == set()


def test_what_was_listed_stays_when_the_descriptors_go():
    tree = tree_of()
    tree.let_go()
    assert tree.descriptors() == set()
    assert tree.heard(Record(3, records.CLOSE_WRITE, "site.css")) == Steps()
    assert tree.listed("web/css", NOWHERE, Listing({"site.css": NEW}), telling=True) == Steps(told=["web/css/site.css"])


def test_says_how_many_folders_there_are():
    assert repr(tree_of()) == "<Tree /shop 3 folders>"
