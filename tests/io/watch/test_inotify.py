"""The kernel itself."""

from __future__ import annotations

import errno
import sys
import threading

import pytest

from devserve.io.watch.inotify import Inotify
from devserve.watch import records
from devserve.watch.records import Record
from support.watching import watched_folders

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def inotify():
    kernel = Inotify()
    yield kernel
    kernel.close()


def test_tells_what_happens_in_a_folder(inotify, tmp_path):
    descriptor = inotify.add(str(tmp_path))
    (tmp_path / "site.css").write_text("x")
    told = list(records.records(inotify.read()))
    assert told == [
        Record(descriptor, records.CREATE, "site.css"),
        Record(descriptor, records.CLOSE_WRITE, "site.css"),
    ]


def test_a_folder_has_one_descriptor_by_whichever_name(inotify, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    first = inotify.add(str(tmp_path / "real"))
    assert inotify.add(str(tmp_path / "link"), follow=True) == first
    assert watched_folders() == 1
    inotify.remove(first)
    inotify.remove(first)  # the kernel knows it no more
    assert watched_folders() == 0


@pytest.mark.parametrize(("name", "code"), [("link", errno.ENOTDIR), ("file", errno.ENOTDIR), ("gone", errno.ENOENT)])
def test_watches_folders_only(inotify, tmp_path, name, code):
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=name) as caught:
        inotify.add(str(tmp_path / name))
    assert caught.value.errno == code


def test_reading_ends_when_it_is_woken_or_out_of_patience(inotify):
    assert inotify.read(0) == b""
    threading.Timer(0.01, inotify.wake).start()
    assert inotify.read() == b""
    assert repr(inotify).startswith("<Inotify ")


def test_names_that_come_and_go_are_told_of_a_guarded_folder_alone(inotify, tmp_path):
    (tmp_path / "web").mkdir()
    descriptor = inotify.guard(str(tmp_path))
    (tmp_path / "a.css").write_text("x")
    (tmp_path / "web").rmdir()
    told = list(records.records(inotify.read()))
    assert told == [
        Record(descriptor, records.CREATE, "a.css"),
        Record(descriptor, records.DELETE | records.IS_FOLDER, "web"),
    ]
    assert watched_folders() == 0
    assert inotify.add(str(tmp_path)) == inotify.guard(str(tmp_path)) == descriptor
    assert watched_folders() == 1
