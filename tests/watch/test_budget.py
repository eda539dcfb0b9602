"""The sentence about watches that are lacking."""

from __future__ import annotations

import errno

import pytest

from devserve.watch.budget import biggest, shortage, sysctl


@pytest.mark.parametrize(
    ("code", "most", "line"),
    [
        (errno.ENOSPC, 8192, "sudo sysctl fs.inotify.max_user_watches=524288"),
        (errno.ENOSPC, 524_288, "sudo sysctl fs.inotify.max_user_watches=1048576"),
        (errno.EMFILE, 128, "sudo sysctl fs.inotify.max_user_instances=1024"),
    ],
)
def test_the_line_that_raises_a_limit(code, most, line):
    assert sysctl(code, most) == line


def test_names_the_service_the_limit_the_folders_and_the_line():
    assert shortage("web", errno.ENOSPC, 8192, 8192, ["", "src", "src/a", "docs"]) == (
        "web: no file watches left, 8192 of 8192 are in use; of its 4 folders src has 2, docs has 1; it is looked at"
        " once a second instead; run: sudo sysctl fs.inotify.max_user_watches=524288"
    )


def test_instances_have_nothing_to_do_with_folders():
    assert shortage("web", errno.EMFILE, 128, 128, ["", "src"]) == (
        "web: no inotify instances left, 128 of 128 are in use; it is looked at once a second instead;"
        " run: sudo sysctl fs.inotify.max_user_instances=1024"
    )


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        ([], []),
        ([""], []),
        (["", "b", "a", "a/x"], [("a", 2), ("b", 1)]),
        (["packages/web/vendored/" + name for name in "abc"], [("packages/web/vendored", 3)]),
        (["packages/a/x", "packages/b/x"], [("packages", 2)]),
        ([f"{number:02}/{inner}" for number in range(12) for inner in range(number)], None),
    ],
)
def test_the_biggest_folders(folders, expected):
    found = biggest(folders)
    if expected is None:
        assert found[0] == ("11", 11)
        assert len(found) == 10
    else:
        assert found == expected
