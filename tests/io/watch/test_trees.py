"""What has to hold on one inotify descriptor, with real files."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import sys

import pytest

from devserve.io.watch.inotify import Inotify
from devserve.io.watch.trees import nearest, next_name
from devserve.io.watch.watcher import read_ignored
from devserve.watch.ignore import Ignored
from support.live import until
from support.watching import Forgetful, Paused, Shut, new_watcher, watched_folders, watching
from support.watching_storm import Storm, seen_below

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "gc.auto=0")


def git(folder, *arguments):
    subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True)


async def end(root, told, name="end.txt"):
    """Wait until all that was done so far has been told."""
    (root / name).write_text("end")
    await until(lambda: name in told)


def in_pieces(root):
    with (root / "site.css").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"piece")


def by_rename(root):
    (root / "site.css.new").write_text("new")
    (root / "site.css.new").rename(root / "site.css")


@pytest.mark.parametrize(("save", "expected"), [(in_pieces, {"site.css"}), (by_rename, {"site.css", "site.css.new"})])
def test_a_save_is_told(tmp_path, save, expected):
    async def scenario():
        (tmp_path / "site.css").write_text("old")
        async with watching(tmp_path) as told:
            save(tmp_path)
            await end(tmp_path, told)
            assert set(told) == {*expected, "end.txt"}

    asyncio.run(scenario())


def test_a_file_in_folders_made_at_once_is_told(tmp_path):
    async def scenario():
        async with watching(tmp_path) as told:
            for top in range(20):
                command = f"mkdir -p {top}/b/c && touch {top}/b/c/f"
                await (await asyncio.create_subprocess_exec("sh", "-c", command, cwd=tmp_path)).wait()
                await until(lambda name=f"{top}/b/c/f": name in told)

    asyncio.run(scenario())


def test_a_checkout_of_2000_files_is_told_completely(tmp_path):
    files = {f"{number % 40}/{number}.css" for number in range(2000)}
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "empty")
    git(tmp_path, "checkout", "-b", "full")
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("x")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "full")
    git(tmp_path, "checkout", "main")

    async def scenario():
        async with watching(tmp_path, read_ignored(tmp_path)) as told:
            git(tmp_path, "checkout", "full")
            await until(lambda: len(told) >= len(files) and files <= set(told))
            told.clear()
            git(tmp_path, "checkout", "main")
            await until(lambda: len(told) >= len(files) and files <= set(told))
            assert watched_folders() == 1

    asyncio.run(scenario())


def test_a_storm_in_an_ignored_folder_is_neither_watched_nor_told(tmp_path):
    async def scenario():
        (tmp_path / "node_modules/there").mkdir(parents=True)
        async with watching(tmp_path) as told:
            for number in range(200):
                package = tmp_path / f"node_modules/package{number}/lib"
                package.mkdir(parents=True)
                (package / "index.js").write_text("x")
            (tmp_path / "node_modules/there/x.js").write_text("x")
            await end(tmp_path, told)
            assert told == ["end.txt"]
            assert watched_folders() == 1

    asyncio.run(scenario())


def test_watches_are_the_watched_folders_whoever_wants_them(tmp_path):
    async def scenario():
        for folder in ("web/a/b", "web/node_modules/x", "mail/c", "dist/css"):
            (tmp_path / folder).mkdir(parents=True)
        async with new_watcher() as watcher:
            outer, inner, twin, wanting = [], [], [], []
            watcher.watch(tmp_path, Ignored(), outer.append)
            watcher.watch(tmp_path / "web", Ignored(), inner.append)
            watcher.watch(tmp_path / "web", Ignored(extra=["b/"]), twin.append)
            assert watcher.watches - 1 == watched_folders() == 6
            watcher.watch(tmp_path, Ignored(wanted=["dist/css/*.css"]), wanting.append)
            assert watcher.watches - 1 == watched_folders() == 8
            (tmp_path / "web/a/b/x.css").write_text("x")
            (tmp_path / "dist/css/x.css").write_text("x")
            await until(lambda: "dist/css/x.css" in wanting and "a/b/x.css" in inner)
            assert (outer, twin) == (["web/a/b/x.css"], [])

    asyncio.run(scenario())


def test_a_folder_may_move_in_and_out_and_back(tmp_path):
    async def scenario():
        root, outside = tmp_path / "root", tmp_path / "outside"
        root.mkdir()
        (outside / "deep").mkdir(parents=True)
        (outside / "deep/a.css").write_text("x")
        async with watching(root) as told:
            for _ in range(3):
                outside.rename(root / "in")
                await until(lambda: "in/deep/a.css" in told)
                assert watched_folders() == 3
                (root / "in/deep/b.css").write_text("x")
                await until(lambda: "in/deep/b.css" in told)
                told.clear()
                (root / "in").rename(outside)
                await until(lambda: {"in/deep/a.css", "in/deep/b.css"} <= set(told))
                assert watched_folders() == 1
                (outside / "deep/b.css").unlink()
                await end(root, told)
                told.clear()

    asyncio.run(scenario())


def remove(root):
    shutil.rmtree(root)


def move_away(root):
    root.rename(root.with_name("elsewhere"))


def remove_with_its_parent(root):
    shutil.rmtree(root.parent)


def remove_while_somebody_works_there(root):
    """A process in a removed folder, as a service is, keeps the kernel from telling of it in the folder itself."""
    descriptor = os.open(root, os.O_RDONLY)
    shutil.rmtree(root)
    return descriptor


@pytest.mark.parametrize("leave", [remove, move_away, remove_with_its_parent, remove_while_somebody_works_there])
def test_a_root_that_goes_is_watched_again_when_it_comes_back(tmp_path, leave, caplog):
    async def scenario():
        root = tmp_path / "repository/web"
        root.mkdir(parents=True)
        async with watching(root) as told:
            for number in range(3):
                held = leave(root)
                await until(lambda times=number: caplog.text.count("waits for it to come back") > times)
                (root / "css").mkdir(parents=True)
                (root / "css/a.css").write_text("x")
                await until(lambda: "css/a.css" in told)
                told.clear()
                (root / "css/a.css").write_text("y")
                await until(lambda: "css/a.css" in told)
                told.clear()
                assert watched_folders() == 2
                if held is not None:
                    os.close(held)
                if leave is move_away:
                    shutil.rmtree(root.with_name("elsewhere"))

    asyncio.run(scenario())


def test_a_root_that_goes_is_no_matter_to_another(tmp_path):
    async def scenario():
        (tmp_path / "web/css").mkdir(parents=True)
        async with new_watcher() as watcher:
            outer, inner = [], []
            watcher.watch(tmp_path, Ignored(), outer.append)
            watcher.watch(tmp_path / "web", Ignored(), inner.append)
            shutil.rmtree(tmp_path / "web")
            await end(tmp_path, outer)
            (tmp_path / "web/css").mkdir(parents=True)
            (tmp_path / "web/css/a.css").write_text("x")
            await until(lambda: "web/css/a.css" in outer and "css/a.css" in inner)
            assert watcher.watches - 1 == watched_folders() == 3

    asyncio.run(scenario())


@pytest.mark.parametrize("events", [20_000, 50_000])
def test_a_burst_that_the_kernel_cannot_hold_loses_nothing(tmp_path, events, caplog):
    async def scenario():
        kernel = Paused()
        (tmp_path / "old").mkdir()
        for name in ("changed.css", "removed.css", "same.css"):
            (tmp_path / f"old/{name}").write_text("x")
        async with watching(tmp_path, new_inotify=lambda: kernel) as told:
            await until(lambda: kernel.idle)
            kernel.going.clear()
            (tmp_path / "storm").mkdir()
            files = [f"{folder}{number}.css" for number in range(events // 4) for folder in ("", "storm/")]
            for file in files:  # each is created and closed
                os.close(os.open(tmp_path / file, os.O_CREAT | os.O_WRONLY))
            (tmp_path / "old/changed.css").write_text("changed")
            (tmp_path / "old/removed.css").unlink()
            (tmp_path / "new/deep").mkdir(parents=True)
            (tmp_path / "new/deep/a.css").write_text("x")
            kernel.going.set()
            expected = {*files, "old/changed.css", "old/removed.css", "new/deep/a.css"}
            await until(lambda: len(told) >= len(expected) and expected <= set(told), 30)
            assert "old/same.css" not in told
            assert "events were lost; looked again at 5 folders in" in caplog.text
            (tmp_path / "new/deep/a.css").write_text("y")
            await end(tmp_path, told)
            assert watched_folders() == 5

    caplog.set_level(logging.INFO)
    asyncio.run(scenario())


def test_a_folder_that_cannot_be_looked_into_is_said_once_and_the_rest_is_watched(tmp_path, caplog):
    async def scenario():
        (tmp_path / "shut").mkdir()
        (tmp_path / "web").mkdir()
        async with watching(tmp_path, new_inotify=Shut) as told:
            (tmp_path / "web/shut").mkdir()
            (tmp_path / "web/shut").rmdir()
            (tmp_path / "web/shut").mkdir()
            (tmp_path / "web/a.css").write_text("x")
            await until(lambda: told == ["web/a.css"])

    asyncio.run(scenario())
    assert [record.message for record in caplog.records] == [
        f"{place} is left out: Permission denied; make it readable for you, or ignore it"
        for place in (tmp_path / "shut", tmp_path / "web/shut")
    ]


def test_a_linked_package_is_watched_where_it_is_linked(tmp_path):
    async def scenario():
        root, package = tmp_path / "web", tmp_path / "ui"
        (package / "css").mkdir(parents=True)
        (package / "me").symlink_to(package)
        (root / "packages").mkdir(parents=True)
        (root / "packages/ui").symlink_to(package)
        (root / "packages/around").symlink_to(tmp_path)
        async with watching(root) as told:
            (package / "css/a.css").write_text("x")
            await until(lambda: told == ["packages/ui/css/a.css"])
            assert watched_folders() == 4
            (root / "packages/ui").unlink()
            await until(lambda: watched_folders() == 2)
            told.clear()
            (package / "css/a.css").write_text("y")
            (root / "packages/ui").symlink_to(package)
            await until(lambda: "packages/ui/css/a.css" in told)
            told.clear()
            shutil.rmtree(package)
            await until(lambda: "packages/ui/css/a.css" in told and watched_folders() == 2)

    asyncio.run(scenario())


def test_a_gitignore_that_is_saved_counts_from_then_on(tmp_path):
    async def scenario():
        (tmp_path / "web/out").mkdir(parents=True)
        async with watching(tmp_path) as told:
            (tmp_path / "web/.gitignore").write_text("out/\n")
            await until(lambda: watched_folders() == 2)
            (tmp_path / "web/out/a.css").write_text("x")
            (tmp_path / "web/.gitignore").unlink()
            await until(lambda: watched_folders() == 3)
            (tmp_path / "web/out/b.css").write_text("x")
            await until(lambda: "web/out/b.css" in told)
            assert "web/out/a.css" not in told

    asyncio.run(scenario())


@pytest.mark.parametrize("kernel", [Inotify, Forgetful])
@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_all_that_is_there_in_the_end_was_told_and_is_watched(tmp_path, kernel, seed, caplog):
    root, outside, linked = tmp_path / "root", tmp_path / "outside", tmp_path / "linked"
    for folder in (root, outside, linked / "deep"):
        folder.mkdir(parents=True)
    (linked / "deep/a.css").write_text("x")

    async def scenario():
        async with watching(root, new_inotify=kernel) as told:
            await asyncio.to_thread(Storm(root, outside, linked, seed).play, 300)
            files, folders = seen_below(root)
            await until(lambda: files <= set(told))
            await until(lambda: watched_folders() == len(folders))
            told.clear()
            for file in files:
                (root / file).write_text("again")
            await until(lambda: files <= set(told))

    asyncio.run(scenario())
    assert "mistake" not in caplog.text


def test_the_way_back_to_a_root(tmp_path):
    assert nearest(str(tmp_path / "gone/deep")) == str(tmp_path)
    assert next_name(str(tmp_path / "gone/deep"), str(tmp_path)) == "gone"
    assert next_name("/shop", "/") == "shop"
