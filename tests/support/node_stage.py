"""Repositories with Node, served by devserve in a folder of their own, with the tests' npm packages."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from support.fleet_home import ROOT, Home
from support.fleet_running import Running, free_port, running, until
from support.node_packages import need_node_packages

MOMENT = 0.5  # seconds


def repository_with_packages(folder: Path) -> Path:
    """Return a new repository that has the tests' npm packages."""
    root = folder / "repository"
    root.mkdir()
    (root / ".git").mkdir()
    (root / "node_modules").symlink_to(need_node_packages())
    return root


def wait_at_rest(devserve: Running, seconds: float) -> None:
    """Wait until a devserve and all that it runs have had next to nothing to do for half a second.

    A development server goes on when a page is there: it compiles more pages, and computes what it watches for whom.
    """
    run = psutil.Process(devserve.process.pid)

    def processor_seconds() -> float:
        total = 0.0
        for each in (run, *run.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += sum(each.cpu_times()[:2])
        return total

    def is_at_rest() -> bool:
        before = processor_seconds()
        threading.Event().wait(MOMENT)
        return processor_seconds() - before < MOMENT / 20

    until(is_at_rest, "the development server at rest", seconds)


def copy_of_gulp(folder: Path) -> Path:
    """Return a copy of examples/gulp whose livereload servers have free ports."""
    root = repository_with_packages(folder)
    for name, port in (("shop", "35729"), ("mail", "35730")):
        shutil.copytree(ROOT / "examples/gulp" / name, root / name, ignore=shutil.ignore_patterns("public"))
        file = root / name / "devserve.toml"
        file.write_text(file.read_text().replace(port, str(free_port())))
    return root


@contextmanager
def served(home: Home, root: Path, *names: str, port: int = 0) -> Iterator[tuple[Running, int]]:
    """Serve a repository until the block ends, on a free port if none is given; yields devserve and its port."""
    port = port or free_port()
    with running(home, "--https-port", str(port), "--http-port", "0", root, cwd=root) as devserve:
        devserve.wait_for(lambda: set(names) <= set(devserve.rows), f"{names} ready", 40)
        yield devserve, port
