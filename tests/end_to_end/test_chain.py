"""One chain from save to browser: task, restart, ready, page; what depends on it; and what would never end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser_drive import watched
from support.fleet_home import Home, new_home, repository
from support.fleet_running import Running, free_port, running
from support.watched_server import SERVER

TASK_AND_RESTART = """
[services.web]
command = ["python3", "server.py"]
[[services.web.watch]]
paths = ["text.src"]
run = ["cp", "text.src", "text"]
then = "restart"
"""
THREE = """
[services.shop]
command = ["python3", "server.py"]
needs = ["web"]
[services.web]
command = ["python3", "server.py"]
needs = ["shared"]
[services.shared]
command = ["python3", "server.py"]
[[services.shared.watch]]
paths = ["*.py", "text"]
then = "restart"
"""
LOOP = """
[services.web]
command = ["python3", "server.py"]
[[services.web.watch]]
paths = ["*.src"]
run = ["sh", "-c", "date +%N > version.src"]
then = "reload"
"""


@contextmanager
def serving(home: Home, folder: Path, text: str) -> Iterator[tuple[Running, Path, int]]:
    root = repository(folder, text)
    (root / "server.py").write_text(SERVER)
    for name in ("text", "text.src"):
        (root / name).write_text("one")
    port = free_port()
    with running(home, "--https-port", str(port), "--http-port", "0", root, cwd=root) as devserve:
        devserve.wait_ready(*re.findall(r"^\[services\.(\w+)\]", text, re.MULTILINE))
        yield devserve, root, port


@pytest.mark.browser
def test_a_save_is_built_restarted_and_shown_and_says_how_long_each_took(
    trusting_home: Home, tmp_path: Path, page: Page
) -> None:
    with serving(trusting_home, tmp_path, TASK_AND_RESTART) as (devserve, root, port):
        seen = watched(page)
        page.goto(f"https://web.localhost:{port}/")
        expect(page.get_by_role("heading", name="one")).to_be_visible()
        seen.until(lambda: seen.greeted, "the socket is greeted")
        (root / "text.src").write_text("two")
        expect(page.get_by_role("heading", name="two")).to_be_visible()
        line = (
            r"web: text\.src → cp text\.src text \d+ ms → restart \d+ ms → ready \d+ ms → reload → 1 browser \(\d+ ms\)"
        )
        devserve.wait_for(lambda: re.search(line, devserve.output), line)
        assert [status for status in seen.statuses if status[0] >= 500] == []


def test_what_needs_a_service_restarts_after_it_in_order(tmp_path: Path) -> None:
    with serving(new_home(tmp_path), tmp_path, THREE) as (devserve, root, _):
        before = len(devserve.output)
        (root / "text").write_text("two")
        line = (
            r"shared: text → restart \d+ ms → ready \d+ ms → restart web \d+ ms → ready web \d+ ms"
            r" → restart shop \d+ ms → ready shop \d+ ms → reload → no browser is connected"
        )
        devserve.wait_for(lambda: re.search(line, devserve.output), line)
        last = re.compile(r"^shop +\S serves two", re.MULTILINE)  # what a service prints may be shown once it is ready
        devserve.wait_for(lambda: last.search(devserve.output, before), last.pattern)
        after = devserve.output[before:]
        assert re.findall(r"^(\w+) +\S serves two", after, re.MULTILINE) == ["shared", "web", "shop"]


def test_a_save_that_changes_nothing_restarts_nothing(tmp_path: Path) -> None:
    with serving(new_home(tmp_path), tmp_path, THREE) as (devserve, root, _):
        (root / "text").write_text("two")
        devserve.wait_for(lambda: "ready shop" in devserve.output, "the first save is done")
        (root / "text").write_text("two")
        devserve.wait_for(lambda: "text → no byte of it has changed" in devserve.output, "the second one is not")


def test_a_task_that_starts_itself_is_stopped_and_named(tmp_path: Path) -> None:
    with serving(new_home(tmp_path), tmp_path, LOOP) as (devserve, root, _):
        (root / "text.src").write_text("two")
        said = "version.src changes and starts it again (rule *.src). If it is no source, add outputs ="
        devserve.wait_for(lambda: said in devserve.output, said)
        runs = devserve.output.count("→ reload →")
        (root / "text.src").write_text("three")
        devserve.wait_for(lambda: devserve.output.count("→ reload →") == runs + 1, "another save counts")
        assert devserve.output.count("a loop, stopped here") == 1
