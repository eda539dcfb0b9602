import asyncio
from contextlib import asynccontextmanager

import pytest

from devserve.io.config.saved_files import SavedFiles, contents
from devserve.io.watch.watcher import Watcher
from support.proxied import run, until


@asynccontextmanager
async def watching(*paths):
    """Watch files; yields them with the list to which each call adds what the first file held."""
    watcher, seen = Watcher(), []
    files = SavedFiles(watcher, lambda: seen.append(paths[0].read_text() if paths[0].exists() else None))
    files.watch(paths)
    try:
        yield files, seen
    finally:
        files.close()
        watcher.stop()


def in_place(file):
    file.write_text("new")


def by_rename(file):
    other = file.with_name(".devserve.toml.1a2b")
    other.write_text("new")
    other.rename(file)


def twice(file):
    file.write_text("half")
    file.write_text("new")


def by_backup(file):
    file.rename(file.with_name("devserve.toml~"))
    file.write_text("new")
    file.with_name("devserve.toml~").unlink()


@pytest.mark.parametrize("save", [in_place, by_rename, twice, by_backup])
def test_calls_once_for_a_save_however_it_is_made(tmp_path, save):
    async def scene() -> None:
        file = tmp_path / "devserve.toml"
        file.write_text("old")
        async with watching(file) as (_, seen):
            save(file)
            await until(lambda: bool(seen))
            file.write_text("later")
            await until(lambda: len(seen) == 2)
            assert seen == ["new", "later"]

    run(scene())


def test_hears_of_these_files_alone_ignored_ones_and_those_of_other_folders_among_them(tmp_path):
    async def scene() -> None:
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
        (tmp_path / "a" / ".gitignore").write_text(".env\n")
        file, env = tmp_path / "b" / "devserve.toml", tmp_path / "a" / ".env"
        async with watching(file, env) as (files, seen):
            (tmp_path / "b" / "other.toml").write_text("x")
            env.write_text("A=1")
            await until(lambda: len(seen) == 1)
            files.watch([file])
            env.write_text("A=2")
            file.write_text("new")
            await until(lambda: len(seen) == 2)
            assert seen == [None, "new"]

    run(scene())


def test_a_removed_file_is_told_and_so_is_its_return(tmp_path):
    async def scene() -> None:
        file = tmp_path / "devserve.toml"
        file.write_text("old")
        async with watching(file) as (_, seen):
            file.unlink()
            await until(lambda: seen == [None])
            file.write_text("back")
            await until(lambda: seen == [None, "back"])

    run(scene())


def test_waits_until_git_is_done(tmp_path):
    async def scene() -> None:
        file = tmp_path / "devserve.toml"
        (tmp_path / ".git").mkdir()
        async with watching(file) as (_, seen):
            (tmp_path / ".git" / "index.lock").touch()
            file.write_text("half way")
            await asyncio.to_thread(lambda: None)
            file.write_text("new")
            (tmp_path / ".git" / "index.lock").unlink()
            await until(lambda: bool(seen))
            assert seen == ["new"]

    run(scene())


def test_a_folder_that_is_not_there_is_left_out(tmp_path):
    async def scene() -> None:
        file = tmp_path / "devserve.toml"
        async with watching(file, tmp_path / "gone" / ".env") as (_, seen):
            file.write_text("new")
            await until(lambda: seen == ["new"])

    run(scene())


def test_what_files_hold(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    assert contents([tmp_path / "a", tmp_path / "b", tmp_path]) == {
        tmp_path / "a": b"1",
        tmp_path / "b": None,
        tmp_path: None,
    }
