"""Roots that have to be polled, and mistakes that must not end the watching."""

from __future__ import annotations

import asyncio
import sys

import pytest

from devserve.watch.ignore import Ignored
from support.live import until
from support.watching import Mistaken, Scarce, new_watcher, watched_folders, watching, without_instances

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


def test_without_a_watch_left_a_service_is_polled_and_the_others_are_not(tmp_path, caplog):
    async def scenario():
        (tmp_path / "small/a").mkdir(parents=True)
        for number in range(5):
            (tmp_path / f"web/{number}").mkdir(parents=True)
        async with new_watcher(new_inotify=Scarce, interval=0.02) as watcher:
            small, web = [], []
            watcher.watch(tmp_path / "small", Ignored(), small.append, "small")
            watcher.watch(tmp_path / "web", Ignored(), web.append, "web")
            assert watcher.watches - 1 == watched_folders() == 2
            assert "web: no file watches left" in caplog.text
            assert "of its 6 folders 0 has 1, 1 has 1" in caplog.text
            assert "run: sudo sysctl fs.inotify.max_user_watches=" in caplog.text
            assert caplog.text.count("no file watches left") == 1
            (tmp_path / "web/3/a.css").write_text("x")
            (tmp_path / "small/a/a.css").write_text("x")
            await until(lambda: web == ["3/a.css"] and small == ["a/a.css"])
            (tmp_path / "web/3/a.css").unlink()
            await until(lambda: web == ["3/a.css", "3/a.css"])

    asyncio.run(scenario())


def test_a_service_that_grows_beyond_the_limit_is_polled_from_then_on(tmp_path, caplog):
    async def scenario():
        async with watching(tmp_path, new_inotify=Scarce, interval=0.02) as told:
            (tmp_path / "old.css").write_text("x")
            await until(lambda: "old.css" in told)
            for number in range(5):
                (tmp_path / f"{number}").mkdir()
                (tmp_path / f"{number}/new.css").write_text("x")
            await until(lambda: "web: no file watches left" in caplog.text)
            assert watched_folders() == 0
            await until(lambda: {f"{number}/new.css" for number in range(5)} <= set(told))
            (tmp_path / "4/a.css").write_text("x")
            await until(lambda: "4/a.css" in told)

    asyncio.run(scenario())


def test_without_an_instance_left_all_is_polled(tmp_path, caplog):
    async def scenario():
        async with watching(tmp_path, new_inotify=without_instances, interval=0.02) as told:
            assert "web: no inotify instances left" in caplog.text
            assert "sudo sysctl fs.inotify.max_user_instances=" in caplog.text
            (tmp_path / "a.css").write_text("x")
            await until(lambda: told == ["a.css"])

    asyncio.run(scenario())


def test_a_file_system_that_tells_nothing_is_polled(tmp_path, caplog):
    async def scenario():
        mountinfo = tmp_path / "mountinfo"
        root = tmp_path / "server"
        (root / "node_modules").mkdir(parents=True)
        mountinfo.write_text(f"1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 0:2 / {root} rw - nfs4 nas:/ rw\n")
        async with new_watcher(mountinfo=mountinfo, interval=0.02) as watcher:
            web, mail = [], []
            watcher.watch(root, Ignored(), web.append, "web")
            watcher.watch(root, Ignored(), mail.append, "mail")
            assert f"web: {root} is on nfs4, which does not tell what others change there" in caplog.text
            assert caplog.text.count("nfs4") == 1
            (root / "node_modules/a.css").write_text("x")
            (root / "a.css").write_text("x")
            await until(lambda: web == mail == ["a.css"])
            assert watched_folders() == 0

    asyncio.run(scenario())


def test_who_joins_a_polled_root_later_may_want_more_of_it(tmp_path):
    async def scenario():
        (tmp_path / "dist/css").mkdir(parents=True)
        async with new_watcher(new_inotify=without_instances, interval=0.02) as watcher:
            web, wanting = [], []
            watcher.watch(tmp_path, Ignored(), web.append)
            watcher.watch(tmp_path, Ignored(wanted=["dist/css/*.css"]), wanting.append)
            (tmp_path / "dist/css/a.css").write_text("x")
            await until(lambda: wanting == ["dist/css/a.css"])
            assert web == []

    asyncio.run(scenario())


def test_a_mistake_is_said_and_does_not_end_the_watching(tmp_path, caplog):
    async def scenario():
        (tmp_path / "web").mkdir()
        async with watching(tmp_path, new_inotify=Mistaken) as told:
            (tmp_path / "odd").mkdir()
            await until(lambda: "devserve made a mistake while watching: LookupError" in caplog.text)
            (tmp_path / "odd").rmdir()
            (tmp_path / "web/a.css").write_text("x")
            await until(lambda: "web/a.css" in told)

    asyncio.run(scenario())
