"""Real files, saved in the ways in which editors save them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
import time

import pytest

from devserve.config.values import WatchRule
from devserve.errors import ServiceError
from devserve.io.watch.watcher import Watcher, needed, read_ignored
from devserve.watch.ignore import Ignored
from support.live import until
from support.watching import Scarce, new_watcher, watching, without_instances

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="inotify says when a file is closed")


def in_place(root):
    (root / "site.css").write_text("new")


def by_rename(root):
    """Most atomic saves: a hidden file beside it, renamed over it."""
    (root / ".goutputstream-X1").write_text("new")
    (root / ".goutputstream-X1").rename(root / "site.css")


def by_backup(root):
    """Vim: 4913 as a probe, the old file moved away, a new one written, the backup removed."""
    (root / "4913").touch()
    (root / "4913").unlink()
    (root / "site.css").rename(root / "site.css~")
    (root / "site.css").write_text("new")
    (root / "site.css~").unlink()


def removed(root):
    (root / "site.css").unlink()


def moved_out(root):
    (root / "site.css").rename(root.parent / "elsewhere.css")


@pytest.mark.parametrize("save", [in_place, by_rename, by_backup, removed, moved_out])
def test_announces_the_file_that_was_saved(tmp_path, save):
    async def scenario():
        root = tmp_path / "root"
        root.mkdir()
        (root / "site.css").write_text("old")
        async with watching(root) as told:
            save(root)
            (root / "end.txt").write_text("end")
            await until(lambda: "end.txt" in told)
            assert set(told) == {"site.css", "end.txt"}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "arrive",
    [
        lambda outside, inside: outside.rename(inside),
        lambda outside, inside: inside.symlink_to(outside),
        lambda outside, inside: inside.hardlink_to(outside),
        lambda outside, inside: shutil.copy(outside, inside),
    ],
    ids=["moved", "symlink", "hardlink", "copied"],
)
def test_announces_a_file_that_comes_from_elsewhere(tmp_path, arrive):
    async def scenario():
        root = tmp_path / "root"
        root.mkdir()
        (tmp_path / "outside.css").write_text("x")
        async with watching(root) as told:
            arrive(tmp_path / "outside.css", root / "inside.css")
            await until(lambda: told)
            assert told == ["inside.css"]

    asyncio.run(scenario())


@LINUX
def test_a_file_is_announced_when_it_is_closed_and_not_before(tmp_path):
    async def scenario():
        async with watching(tmp_path) as told:
            with (tmp_path / "site.css").open("w") as file:
                file.write("half")
                file.flush()
                (tmp_path / "other.txt").write_text("closed later, told earlier")
                await until(lambda: told)
                assert told == ["other.txt"]
            await until(lambda: "site.css" in told)

    asyncio.run(scenario())


@LINUX
def test_reading_a_file_is_no_change(tmp_path):
    async def scenario():
        (tmp_path / "site.css").write_text("x")
        async with watching(tmp_path) as told:
            (tmp_path / "site.css").read_text()
            (tmp_path / "site.css").chmod(0o600)
            (tmp_path / "end.txt").write_text("end")
            await until(lambda: told)
            assert told == ["end.txt"]

    asyncio.run(scenario())


def test_announces_files_in_new_folders(tmp_path):
    async def scenario():
        async with watching(tmp_path) as told:
            for top in "abcdefgh":  # the race between mkdir and the watcher has more than one outcome
                (tmp_path / top / "b/c").mkdir(parents=True)
                (tmp_path / top / "b/c/site.css").write_text("x")
                await until(lambda name=f"{top}/b/c/site.css": name in told)
                told.clear()
                (tmp_path / top / "b/c/site.css").write_text("y")
                await until(lambda name=f"{top}/b/c/site.css": name in told)

    asyncio.run(scenario())


@pytest.mark.parametrize("place", ["outside", "root/inside"])
def test_announces_files_of_a_folder_that_is_moved_in(tmp_path, place):
    async def scenario():
        root, source = tmp_path / "root", tmp_path / place
        root.mkdir()
        (source / "deep").mkdir(parents=True)
        (source / "deep/site.css").write_text("x")
        (source / "node_modules").mkdir()
        (source / "node_modules/x.css").write_text("x")
        async with watching(root) as told:
            source.rename(root / "new")
            await until(lambda: "new/deep/site.css" in told)
            (root / "new/deep/site.css").write_text("y")
            (root / "end.txt").write_text("end")
            await until(lambda: "end.txt" in told)
            left = {"inside/deep/site.css"} if source.is_relative_to(root) else set()
            assert set(told) == {"new/deep/site.css", "end.txt", *left}

    asyncio.run(scenario())


def test_says_nothing_of_what_is_ignored(tmp_path):
    async def scenario():
        (tmp_path / "node_modules").mkdir()
        (tmp_path / ".gitignore").write_text("generated/\n")
        async with watching(tmp_path, read_ignored(tmp_path, [WatchRule(("**",), ("*.svg",))])) as told:
            (tmp_path / "node_modules/a.js").write_text("x")
            (tmp_path / "node_modules/deep").mkdir()
            (tmp_path / "node_modules/deep/a.js").write_text("x")
            (tmp_path / "generated").mkdir()
            (tmp_path / "generated/a.css").write_text("x")
            (tmp_path / "logo.svg").write_text("x")
            (tmp_path / "a.css").write_text("x")
            await until(lambda: told)
            assert told == ["a.css"]

    asyncio.run(scenario())


def test_roots_may_lie_within_each_other_and_be_the_same(tmp_path):
    async def scenario():
        (tmp_path / "web").mkdir()
        watcher, outer, inner, twin = Watcher(), [], [], []
        try:
            watcher.watch(tmp_path, Ignored(), outer.append)
            watcher.watch(tmp_path / "web", Ignored(), inner.append)
            watcher.watch(tmp_path / "web", Ignored(extra=["*.css"]), twin.append)
            (tmp_path / "web/site.css").write_text("x")
            (tmp_path / "web/app.js").write_text("x")
            await until(lambda: "app.js" in inner and "app.js" in twin and "web/app.js" in outer)
        finally:
            watcher.stop()
        assert (outer, inner, twin) == (["web/site.css", "web/app.js"], ["site.css", "app.js"], ["app.js"])

    asyncio.run(scenario())


def test_a_root_may_be_a_link(tmp_path):
    async def scenario():
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "real")
        async with watching(tmp_path / "link") as told:
            (tmp_path / "real/site.css").write_text("x")
            await until(lambda: told)
            assert told == ["site.css"]

    asyncio.run(scenario())


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems have names in Unicode only")
def test_a_name_that_is_no_unicode_is_told(tmp_path):
    async def scenario():
        async with watching(tmp_path) as told:
            (tmp_path / os.fsdecode(b"caf\xe9.css")).write_text("x")
            await until(lambda: told)
            assert told == ["caf\udce9.css"]

    asyncio.run(scenario())


def test_a_storm_is_told_completely_and_each_file_once_per_turn(tmp_path):
    async def scenario():
        names = [f"{number}.css" for number in range(500)]
        async with watching(tmp_path) as told:
            for name in names:
                (tmp_path / name).write_text("x")
            await until(lambda: len(told) >= len(names))
            assert told == names

    asyncio.run(scenario())


def test_callbacks_run_on_the_loop(tmp_path):
    async def scenario():
        threads = []
        watcher = Watcher()
        try:
            watcher.watch(tmp_path, Ignored(), lambda _: threads.append(threading.current_thread()))
            (tmp_path / "site.css").write_text("x")
            await until(lambda: threads)
        finally:
            watcher.stop()
        assert set(threads) == {threading.current_thread()}

    asyncio.run(scenario())


def test_stop_ends_the_threads(tmp_path):
    async def scenario():
        before = threading.active_count()
        watcher = Watcher()
        watcher.watch(tmp_path, Ignored(), lambda _: None)
        assert repr(watcher) == "<Watcher 1 roots, 2 watches, 0 polled, watching>"
        watcher.stop()
        assert repr(watcher) == "<Watcher 1 roots, 2 watches, 0 polled, stopped>"
        await until(lambda: threading.active_count() <= before)

    asyncio.run(scenario())


def test_a_missing_root_is_named(tmp_path):
    async def scenario():
        watcher = Watcher()
        try:
            with pytest.raises(ServiceError, match=r"cannot watch .*/gone: there is no such folder; create it"):
                watcher.watch(tmp_path / "gone", Ignored(), lambda _: None)
        finally:
            watcher.stop()

    asyncio.run(scenario())


def test_a_folder_without_a_gitignore_has_the_defaults(tmp_path):
    ignored = read_ignored(tmp_path, [WatchRule(("dist/*.css",))])
    assert ignored.covers("node_modules/a.js")
    assert not ignored.covers("dist/a.css")


def test_a_gitignore_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / ".gitignore").mkdir()
    with pytest.raises(ServiceError, match=r"cannot read .*/\.gitignore: Is a directory"):
        read_ignored(tmp_path)


def test_the_gitignore_of_the_folders_around_counts_up_to_the_repositorys(tmp_path):
    service = tmp_path / "repository/services/web"
    service.mkdir(parents=True)
    (tmp_path / ".gitignore").write_text("*.css\n")
    (tmp_path / "repository/.git").mkdir()
    (tmp_path / "repository/.gitignore").write_text("/services/*/generated\n")
    ignored = read_ignored(service)
    assert ignored.covers("generated", is_dir=True)
    assert not ignored.covers("a.css")


@LINUX
def test_knows_the_files_that_it_watches(tmp_path):
    async def scenario():
        (tmp_path / "web/node_modules").mkdir(parents=True)
        for file in ("a.css", "web/b.css", "web/node_modules/c.css"):
            (tmp_path / file).touch()
        async with new_watcher() as watcher:
            watcher.watch(tmp_path, Ignored(), print)
            assert sorted(watcher.files(tmp_path)) == ["a.css", "web/b.css"]
        async with new_watcher(new_inotify=without_instances) as watcher:
            watcher.watch(tmp_path, Ignored(), print)
            assert watcher.files(tmp_path) == []

    asyncio.run(scenario())


def test_what_it_takes_to_watch_a_root_is_found_without_watching(tmp_path):
    for folder in ("src/vendor/a", "node_modules/b", "dist/css"):
        (tmp_path / folder).mkdir(parents=True)
    rules = [WatchRule(("src/**",), ("vendor/",)), WatchRule(("dist/**",), ("vendor/",))]
    need = needed(tmp_path, [rules])
    assert (need.root, sorted(need.folders), need.silent) == (str(tmp_path), ["", "dist", "dist/css", "src"], "")
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"1 0 0:2 / {tmp_path} rw - cifs //nas/share rw\n")
    assert needed(tmp_path, [rules], mountinfo).silent == "cifs"


def test_the_platforms_own_observer_obeys_the_same_rules(tmp_path):
    async def scenario():
        for folder in ("web/out", "node_modules"):
            (tmp_path / folder).mkdir(parents=True)
        (tmp_path / "web/.gitignore").write_text("out/\n")
        async with watching(tmp_path, new_inotify=None) as told:
            for file in ("web/out/a.css", "node_modules/a.css", "web/a.css"):
                (tmp_path / file).write_text("x")
            await until(lambda: told)
            assert set(told) == {"web/a.css"}

    asyncio.run(scenario())


@pytest.mark.parametrize("how", [{}, {"new_inotify": without_instances, "interval": 0.02}], ids=["told", "polled"])
def test_tells_nobody_who_has_ended_it(tmp_path, how):
    async def scenario():
        one, other, again = [], [], []
        async with new_watcher(**how) as watcher:
            end = watcher.watch(tmp_path, Ignored(), one.append)
            end_other = watcher.watch(tmp_path, Ignored(), other.append)
            end()
            (tmp_path / "a.txt").write_text("a")
            await until(lambda: "a.txt" in other)
            end_other()
            assert watcher.watches == 0
            watcher.watch(tmp_path, Ignored(), again.append)
            (tmp_path / "b.txt").write_text("b")
            await until(lambda: "b.txt" in again)
            assert (one, set(other)) == ([], {"a.txt"})

    asyncio.run(scenario())


@LINUX
def test_a_root_that_is_given_up_may_be_let_go_before_that_is_known(tmp_path):
    async def scenario():
        async with new_watcher(new_inotify=Scarce) as watcher:
            end = watcher.watch(tmp_path, Ignored(), print)
            for number in range(5):
                (tmp_path / f"{number}").mkdir()
            deadline = time.monotonic() + 5
            while watcher.watches:  # the loop does not run, so it hears of nothing
                assert time.monotonic() < deadline
            end()
            await asyncio.sleep(0)
            assert repr(watcher) == "<Watcher 0 roots, 0 watches, 0 polled, watching>"

    asyncio.run(scenario())
