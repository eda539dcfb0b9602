"""What watching costs: `python -m benchmarks.watching`, part of `make bench`.

2,000 folders with ten files each, beside 20,000 in node_modules; devserve's watcher, watchdog's stock observer and
chokidar in turn, each in a process of its own. A save is measured from the end of close(2) to the callback.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks import machine
from benchmarks.programs import CACHE
from benchmarks.watchers import CHOKIDAR

RESULTS = Path(__file__).with_name("WATCHING.md")
MEMORY = Path("/dev/shm")  # no disk is measured
PACKAGE = "chokidar@5.0.0"
FOLDERS, FILES, IGNORED = 2_000, 10, 20_000
SAVES, PAUSE = 200, 0.02
BURST = 50_000
IDLE = 5.0  # seconds
STARTS = 10
SECONDS = 60
QUIET = 3.0  # seconds without a word that end a burst
MAKER = f"""import os, sys, time
print(time.monotonic_ns())
for number in range({BURST}):
    file = f"{{sys.argv[1]}}/src/{{number % 40}}/{{number % {FOLDERS} // 40}}/burst{{number}}.js"
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY))
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one watcher."""

    name: str
    start: float  # milliseconds
    processor: float  # milliseconds of those
    watches: int
    memory: float  # MiB
    idle: float  # per cent of a core
    latencies: Sequence[float]  # milliseconds
    lost: int
    burst: float  # seconds from the first event to the last word


class Program:
    """A watcher that runs."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self._held = b""
        _, passed, used = next(self.lines(SECONDS)).split()
        self.start = float(passed), float(used)

    def lines(self, patience: float) -> Iterator[str]:
        """Yield what it says, until it has said nothing for a while."""
        assert self._process.stdout is not None
        while select.select([self._process.stdout], [], [], patience)[0]:
            data = os.read(self._process.stdout.fileno(), 1 << 20)
            if not data:
                raise RuntimeError("the watcher has ended")
            *whole, self._held = (self._held + data).split(b"\n")
            yield from map(os.fsdecode, whole)

    def watches(self) -> int:
        """Return how many inotify watches the kernel counts for it."""
        found = Path(f"/proc/{self._process.pid}/fdinfo")
        return sum(each.read_text().count("inotify wd") for each in found.iterdir()) if found.exists() else 0

    def memory(self) -> float:
        """Return its resident memory in MiB."""
        return psutil.Process(self._process.pid).memory_info().rss / 2**20

    def idle(self) -> float:
        """Return the per cent of a core that it takes with nothing to do."""
        used = psutil.Process(self._process.pid).cpu_times()
        time.sleep(IDLE)
        now = psutil.Process(self._process.pid).cpu_times()
        return (now.user + now.system - used.user - used.system) / IDLE * 100

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def save(program: Program, file: Path, number: int) -> float:
    """Save once; return the milliseconds to the callback."""
    with file.open("w") as opened:
        opened.write(f"/* {number} */\n")
    saved = time.monotonic_ns()
    for line in program.lines(SECONDS):
        path, _, told = line.rpartition(" ")
        if path == str(file):
            return (int(told) - saved) / 1e6
    raise RuntimeError(f"{file} was not told")


def burst(program: Program, folder: Path) -> tuple[int, float]:
    """Have new files made at once; return how many were not told, and the seconds until the last was."""
    maker = subprocess.Popen([sys.executable, "-c", MAKER, str(folder)], stdout=subprocess.PIPE)
    missing = {f"{folder}/src/{number % 40}/{number % FOLDERS // 40}/burst{number}.js" for number in range(BURST)}
    last = 0
    for line in program.lines(QUIET):
        path, _, told = line.rpartition(" ")
        if path in missing:
            missing.discard(path)
            last = int(told)
    started, _ = maker.communicate(timeout=SECONDS)
    return len(missing), (last - int(started)) / 1e9


def measure(name: str, argv: Sequence[str], folder: Path) -> Figures:
    """Measure one watcher; the tree is as before in the end."""
    starts = []
    for _ in range(STARTS):
        program = Program([*argv, str(folder)])
        starts.append(program.start)
        program.end()
    program = Program([*argv, str(folder)])
    try:
        list(program.lines(1.0))  # what it does after it has said that it is ready
        watches, memory, idle = program.watches(), program.memory(), program.idle()
        latencies = []
        for number in range(SAVES):
            latencies.append(save(program, folder / f"src/{number % 40}/7/3.js", number))
            time.sleep(PAUSE)
        list(program.lines(1.0))
        lost, seconds = burst(program, folder)
    finally:
        program.end()
        for file in folder.glob("src/*/*/burst*.js"):
            file.unlink()
    return Figures(name, *min(starts), watches, memory, idle, latencies, lost, seconds)


def tree(folder: Path) -> Path:
    """Return a repository with its dependencies."""
    for number in range(FOLDERS):
        place = folder / f"src/{number % 40}/{number // 40}"
        place.mkdir(parents=True)
        for file in range(FILES):
            (place / f"{file}.js").write_text("export {};\n")
    for number in range(IGNORED):
        place = folder / f"node_modules/{number % 200}/{number // 200}"
        place.mkdir(parents=True)
        (place / "index.js").touch()
    return folder


def chokidar(folder: Path) -> list[str]:
    """Return the command of the watcher that most JavaScript tools have; nothing without Node."""
    if shutil.which("npm") is None:
        return []
    if not (CACHE / "node_modules/chokidar").is_dir():
        CACHE.mkdir(exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(CACHE), PACKAGE]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    script = CACHE / "chokidar.cjs"
    script.write_text(CHOKIDAR)
    return ["node", str(script)]


def markdown(measured: Sequence[Figures], load: float) -> str:
    """Return the page of results."""
    lines = [
        "# What watching costs",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine.description()}. {FOLDERS:,} folders with {FILES} files each,"
        f" and {IGNORED:,} below node_modules{', in memory' if MEMORY.is_dir() else ''}. Ready: the fastest of {STARTS}"
        f" starts. A save: from the end of close(2) to the callback, {SAVES} of them. Burst: {BURST:,} new files as"
        " fast as one process can make them, until the last is told. Load of the machine by others before:"
        f" {load:.1f}.",
        "",
        "| | ready, ms | of it computing | watches | memory, MiB | idle, % | save p50, ms | p99 | burst, s | lost |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in measured:
        cuts = statistics.quantiles(each.latencies, n=100, method="inclusive")
        lines.append(
            f"| {each.name} | {each.start:.0f} | {each.processor:.0f} | {each.watches:,} | {each.memory:.0f} |"
            f" {each.idle:.1f} | {cuts[49]:.2f} | {cuts[98]:.2f} | {each.burst:.1f} | {each.lost:,} |"
        )
    if len(measured) < 3:
        lines += ["", "chokidar was not measured: no npm here."]
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure and write WATCHING.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watching", description=__doc__)
    parser.add_argument("--print", action="store_true", help="print the figures and keep the last ones")
    only_print = parser.parse_args().print
    if sys.platform != "linux":
        print("watching is measured on Linux only")
        return
    own = [sys.executable, "-m", "benchmarks.watchers"]
    with TemporaryDirectory(prefix="devserve-bench-", dir=MEMORY if MEMORY.is_dir() else None) as name:
        folder = tree(Path(name).resolve())
        contenders = {"devserve": [*own, "devserve"], "watchdog's observer": [*own, "watchdog"]}
        if command := chokidar(folder):
            contenders["chokidar 5"] = command
        load = os.getloadavg()[0]
        page = markdown([measure(each, argv, folder) for each, argv in contenders.items()], load)
    print(page)
    if not only_print:
        RESULTS.write_text(page)


if __name__ == "__main__":
    main()
