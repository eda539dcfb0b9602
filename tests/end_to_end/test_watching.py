"""Saved files of a repository while `devserve run` watches it, seen by what its task does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.fleet_home import Home, new_home, repository
from support.fleet_running import Running, free_port, running
from support.watching import watched_inodes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
SERVER = "import http.server, os; http.server.test(port=int(os.environ['PORT']), bind='127.0.0.1')"
TASK = "import pathlib; log = pathlib.Path('ran.log'); log.open('a').write('ran ')"
CONFIGURATION = f"""
[services.web]
command = ["{sys.executable}", "-c", "{SERVER}"]

[[services.web.watch]]
paths = ["*.scss"]
run = ["{sys.executable}", "-c", "{TASK}"]
then = "nothing"

[services.mail]
command = ["{sys.executable}", "-c", "{SERVER}"]
"""


def git(folder: Path, *words: str, check: bool = True) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=check, capture_output=True)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository of two services with dependencies, and two branches that have changed the same line."""
    root = repository(tmp_path, CONFIGURATION)
    for folder in ("css/parts", "node_modules/a/b", "out/deep"):
        (root / folder).mkdir(parents=True)
    (root / ".gitignore").write_text("ran.log\n/out\nnode_modules/\n")
    git(root, "init")
    for branch in ("base", "main", "topic"):
        if branch == "topic":
            git(root, "checkout", "-b", "topic", "HEAD~")
        (root / "css/site.scss").write_text(branch)
        git(root, "add", ".")
        git(root, "commit", "-m", branch)
    return root


@pytest.fixture
def devserve(home: Home, root: Path) -> Iterator[Running]:
    with running(home, "--https-port", str(free_port()), "--http-port", "0", cwd=root) as started:
        started.wait_ready("web", "mail")
        yield started


def watched(devserve: Running, root: Path) -> set[str]:
    """The folders of the repository that the kernel watches for it; its own records are watched too."""
    inodes = set(watched_inodes(devserve.process.pid))
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    return {str(folder.relative_to(root)) for folder in folders if folder.stat().st_ino in inodes}


def runs(root: Path) -> int:
    log = root / "ran.log"
    return log.read_text().count("ran") if log.exists() else 0


def ran(devserve: Running, root: Path, times: int) -> None:
    devserve.wait_for(lambda: runs(root) >= times, f"the task has run {times} times", 30)
    assert runs(root) == times


def save(root: Path, text: str) -> None:
    (root / "css/site.scss").write_text(text)


def test_two_services_of_a_repository_watch_it_once_and_nothing_that_is_ignored(devserve: Running, root: Path) -> None:
    assert watched(devserve, root) == {".", "css", "css/parts"}
    for number in range(100):
        (root / f"node_modules/package{number}/lib").mkdir(parents=True)
        (root / f"node_modules/package{number}/lib/a.scss").write_text("x")
    save(root, "saved")
    ran(devserve, root, 1)
    assert watched(devserve, root) == {".", "css", "css/parts"}


def test_a_save_that_changes_no_byte_runs_nothing(devserve: Running, root: Path) -> None:
    save(root, "saved")
    ran(devserve, root, 1)
    save(root, "saved")
    devserve.wait_for(lambda: "no byte of it has changed" in devserve.output, "the reason")
    save(root, "saved again")
    ran(devserve, root, 2)


def clone_anew(root: Path, original: Path) -> None:
    shutil.rmtree(root)
    git(root.parent, "clone", str(original), root.name)


def move_away_and_back(root: Path, original: Path) -> None:
    root.rename(root.with_name("elsewhere"))
    root.with_name("elsewhere").rename(root)


@pytest.mark.parametrize("leave", [clone_anew, move_away_and_back])
def test_a_repository_that_comes_back_is_watched(
    devserve: Running, root: Path, tmp_path: Path, leave: Callable[[Path, Path], None]
) -> None:
    shutil.copytree(root, tmp_path / "original")
    leave(root, tmp_path / "original")
    devserve.wait_for(lambda: "is back" in devserve.output, "the repository is back")
    before = runs(root)
    save(root, "saved")
    devserve.wait_for(lambda: runs(root) > before, "the task has run")


def test_a_rebase_that_waits_for_somebody_is_waited_for(devserve: Running, root: Path) -> None:
    git(root, "rebase", "main", check=False)
    assert (root / ".git/rebase-merge").exists()
    (root / "css/parts/new.scss").write_text("x")
    git(root, "rebase", "--abort")
    ran(devserve, root, 1)
