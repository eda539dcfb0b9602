"""The watchers that are measured, each as a program: `python -m benchmarks.watchers NAME FOLDER`.

It prints `ready` with the milliseconds that passed and those on a processor, then a line for each changed file: its
path and CLOCK_MONOTONIC in nanoseconds.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import warnings
from pathlib import Path

CHOKIDAR = """
const { watch } = require("chokidar");
const [folder] = process.argv.slice(2);
const started = process.hrtime.bigint();
const began = process.cpuUsage();
const ready = () => {
  const { user, system } = process.cpuUsage(began);
  process.stdout.write(`ready ${Number(process.hrtime.bigint() - started) / 1e6} ${(user + system) / 1e3}\\n`);
};
const ignored = (path) => path.includes("/node_modules");
const told = (path) => process.stdout.write(`${path} ${process.hrtime.bigint()}\\n`);
watch(folder, { ignored, ignoreInitial: true })
  .on("ready", ready)
  .on("add", told).on("change", told).on("unlink", told);
"""


def say(path: str) -> None:
    """Tell of a change."""
    os.write(1, f"{path} {time.monotonic_ns()}\n".encode())


class Start:
    """Measures how long it takes to be ready."""

    def __init__(self) -> None:
        self._passed, self._used = time.perf_counter(), time.process_time()

    def end(self) -> None:
        """Say so."""
        passed, used = time.perf_counter() - self._passed, time.process_time() - self._used
        os.write(1, f"ready {passed * 1000} {used * 1000}\n".encode())


def devserve(folder: Path) -> None:
    """As `devserve run` watches a service without rules of its own."""
    from devserve.io.watch.watcher import Watcher, read_ignored

    async def main() -> None:
        start = Start()
        watcher = Watcher()
        watcher.watch(folder, read_ignored(folder), lambda path: say(f"{folder}/{path}"))
        start.end()
        await asyncio.Event().wait()

    asyncio.run(main())


def watchdog(folder: Path) -> None:
    """As its documentation has it, for the events that tell of a finished save."""
    from watchdog.events import FileClosedEvent, FileSystemEvent, FileSystemEventHandler
    from watchdog.observers import Observer

    class Handler(FileSystemEventHandler):
        def on_closed(self, event: FileSystemEvent) -> None:
            say(os.fsdecode(event.src_path))

    warnings.simplefilter("ignore", RuntimeWarning)  # it finds new folders twice and warns
    start = Start()
    observer = Observer()
    observer.schedule(Handler(), str(folder), recursive=True, event_filter=[FileClosedEvent])
    observer.start()
    start.end()
    threading.Event().wait()


if __name__ == "__main__":
    {"devserve": devserve, "watchdog": watchdog}[sys.argv[1]](Path(sys.argv[2]))
