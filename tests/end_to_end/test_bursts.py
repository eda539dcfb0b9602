"""Many saved files at once, as an editor, a build or git writes them: few messages."""

from __future__ import annotations

import asyncio
import subprocess

import pytest

from devserve.config.values import Then, WatchRule
from devserve.io.watch.gitlock import GitLock
from devserve.io.watch.watcher import Watcher, read_ignored
from support.live import a_page, new_live_sockets, said, serving, until
from support.live_chain import chain_of

HTML = WatchRule(("*.html",), then=Then.RELOAD)


@pytest.fixture
def played(tmp_path):
    """Return a runner of scenarios with a served page, a watched folder with a git repository, and its chain."""

    def play(scenario, *rules):
        async def staged():
            live = new_live_sockets()
            held = GitLock(tmp_path).held
            async with serving(live) as port, a_page(port) as page, chain_of(tmp_path, *rules) as (chain, world):
                await until(lambda: live.tell("web", []) == 1)
                world.tell = live.tell
                world.held = held
                watcher = Watcher()
                try:
                    watcher.watch(tmp_path, read_ignored(tmp_path), chain.changed)
                    await scenario(tmp_path)
                    heard = []
                    while (message := await quiet_after(page)) is not None:
                        heard.append(message["path"])
                    return heard
                finally:
                    watcher.stop()

        return asyncio.run(staged())

    return play


async def quiet_after(page):
    """Return what a page hears next; None once nothing came for a while."""
    try:
        return await said(page, 1.0)
    except TimeoutError:
        return None


def git(folder, *words):
    settings = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "advice.detachedHead=0",
    ]
    subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)


def test_five_hundred_files_at_once_are_two_messages_at_most(played):
    async def burst(folder):
        for number in range(500):
            (folder / f"page{number}.html").write_text("x")

    assert 1 <= len(played(burst, HTML)) <= 2


def test_a_branch_switch_is_one_message(played, tmp_path):
    git(tmp_path, "init")
    for branch in ("main", "other"):
        git(tmp_path, "checkout", "-B", branch)
        for number in range(60):
            (tmp_path / f"page{number}.html").write_text(branch)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-m", branch)

    async def switch(folder):
        await asyncio.to_thread(git, folder, "checkout", "main")

    assert len(played(switch, HTML)) == 1
