"""A person who follows a page: each command typed at a terminal, in a home in which devserve never ran."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from support.fleet_home import BIN, ROOT, new_home
from support.fleet_running import turn_at
from support.private_system import private_system
from support.shell_blocks import Command, File, Page, is_shown
from support.terminals import OnTerminal

SECONDS = 40
READY = re.compile(r"^((both|all \d+) services )?ready in ", re.MULTILINE)
LINK = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")  # OSC 8
QUESTION = re.compile(r"\[[^\]\n]*\]:? *$|\? *$")
CAUTIOUS = "[y/N]"
INTERRUPTED = (130, -signal.SIGINT)
SIZE = (50, 320)  # no folder is so long that a table leaves something out
CHECKOUT = ("Makefile", "pyproject.toml", "examples")
INSTALLED = (BIN.parent, ROOT / "devserve", ROOT / "plugins")
INSIDE = {"DEVSERVE_HOSTS_FILE", "DEVSERVE_SYSTEM_ROOT"}  # what keeps devserve from a system that is not private
# The command's shell leaves its folder and variables to the next one's.
STEP = 'cd "$(cat {state}/folder)" && . {state}/variables; eval "$(cat {state}/command)"; status=$?; '
LEAVE = "pwd > {state}/folder; export -p > {state}/variables; exit $status"

Enter = Callable[[Sequence[str]], list[str]]  # the command that runs another in the system


@dataclass
class Reader:
    """Follows pages, in one folder."""

    folder: Path
    environment: Mapping[str, str]
    state: Path
    enter: Enter
    running: list[OnTerminal] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Do what a page says. Raises AssertionError with the line, the command and what it showed."""
        for step in page.steps:
            if isinstance(step, File):
                self.write(step)
            else:
                self.type(step)
        for terminal in reversed(self.running):
            terminal.type("\x03")
            terminal.wait_for(lambda terminal=terminal: terminal.process.poll() is not None)
            assert terminal.process.returncode in INTERRUPTED, terminal.text

    def write(self, file: File) -> None:
        """Write a file as the page has it, where the shell stands."""
        path = Path((self.state / "folder").read_text().strip()) / file.name
        assert path.exists() or not file.is_added, f"line {file.line}: there is no {file.name} to add to"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() + "\n" if file.is_added else "") + file.text)

    def type(self, command: Command) -> None:
        """Type a command, answer what it asks, and wait for its end, or until it is ready."""
        (self.state / "command").write_text(command.text)
        script = (STEP + LEAVE).format(state=shlex.quote(str(self.state)))
        terminal = OnTerminal(self.enter(["bash", "-c", script]), self.folder, self.environment, SIZE)
        self.running.append(terminal)
        answered = 0

        def has_come() -> bool:
            nonlocal answered
            fresh = _lines(terminal)[answered:]
            if QUESTION.search(fresh):
                answered += len(fresh)
                terminal.type("y\n" if CAUTIOUS in fresh else "\n")
            return terminal.process.poll() is not None or (command.runs_on and READY.search(_lines(terminal)))

        terminal.wait_for(has_come, SECONDS)
        shown = _lines(terminal)
        said = f"line {command.line}: {command.text}\n{shown}"
        assert command.shows is None or is_shown(command.shows, shown), f"{said}\nis not what the page shows"
        if command.runs_on:
            assert terminal.process.poll() is None, f"{said}\nhas ended"
            return
        assert terminal.process.returncode == 0, f"{said}\nended with {terminal.process.returncode}"
        self.running.remove(terminal)
        terminal.close()


def _lines(terminal: OnTerminal) -> str:
    return LINK.sub("", terminal.text).replace("\r\n", "\n")


@contextmanager
def reader(page: Page, folder: Path, programs: Path | None = None) -> Iterator[Reader]:
    """Make a person who may follow the page: with a home, a folder, and what the page needs of the machine.

    `programs` is a folder of programs that take the place of others. Skips the test where the page needs a private
    system and none can be made.
    """
    with ExitStack() as stack:
        home = new_home(folder)
        work, state = folder / "work", folder / "shell"
        state.mkdir()
        if page.is_in_checkout:
            copy_of_checkout(work)
        else:
            work.mkdir()
        (state / "folder").write_text(str(work))
        (state / "variables").touch()
        enter: Enter = list
        if page.needs_own_system:
            (folder / "system").mkdir()
            system = stack.enter_context(private_system(folder / "system", []))
            home = replace(home, extra={key: value for key, value in home.extra.items() if key not in INSIDE})
            enter = lambda command: system.inside(command, work)  # noqa: E731
        if page.runs_something:
            stack.enter_context(turn_at(443))
        path = os.pathsep.join([*([str(programs)] if programs else []), str(BIN), os.environ["PATH"]])
        one = Reader(work, {**home.environment, "NO_COLOR": "1", "PATH": path}, state, enter)
        stack.callback(lambda: [terminal.close() for terminal in one.running])
        yield one


def follow(page: Page, folder: Path, programs: Path | None = None) -> None:
    """Follow a page from its beginning to its end. Raises as `Reader.follow`."""
    with reader(page, folder, programs) as person:
        person.follow(page)


def copy_of_checkout(folder: Path) -> None:
    """Copy what a page may use of this repository, with the programs that are installed here."""
    folder.mkdir()
    for name in CHECKOUT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    for place in INSTALLED:
        (folder / place.name).symlink_to(place)
