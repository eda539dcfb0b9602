"""What people see in their terminal: notes, services' lines with their names, the table of services."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from threading import RLock
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from devserve.cli.status_line import StatusLine, is_possible
from devserve.doctor.findings import Finding, Verdict
from devserve.io.run.outlet import Outlet
from devserve.plugins.listing import Listed
from devserve.proxy.overview import Row, columns_of
from devserve.run.lines import color_index, plain
from devserve.run.status import Status

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
VERDICTS = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.BROKEN: "red"}
STATES = {"ready": "green", "starting": "yellow", "waiting": "yellow", "remote": "green", "started elsewhere": ""}
FOLDED = ("address", "origin")  # one whose end is cut off leads nowhere
WIDEST = 1000  # cells of a table that goes to a file or a program
RESET = "\x1b[m"  # a service may leave a colour on


class Terminal:
    """Prints for people, on stderr. Text from services is never read as markup.

    When nobody reads any more, as after `devserve run 2>&1 | head -1`, nothing is printed and everything else goes on.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._width = 0
        self._line = StatusLine(console)
        self._lock = RLock()  # threads log too
        self._prefixes: dict[str, str] = {}
        self._outlet: Outlet | None = None
        self._left_out: Counter[str] = Counter()  # lines of services that there was no room for

    @contextlib.contextmanager
    def in_background(self) -> Iterator[None]:
        """Wait for no terminal as long as the block lasts; services' lines that it is too slow for are left out."""
        file = _another(self.console.file)
        self._outlet = outlet = Outlet(partial(_write, file))
        try:
            yield
        finally:
            with self._lock:
                outlet.close()
                if not outlet.is_full:  # else the terminal is stopped, and so would be the end
                    self._outlet = None
                    self._put("")
                    if file is not self.console.file:
                        with contextlib.suppress(OSError):  # nobody reads any more
                            file.close()

    @property
    def is_live(self) -> bool:
        """Whether a status line can be shown, and a person may press keys."""
        return is_possible(self.console)

    def status(self, status: Status | None) -> None:
        """Show a line below all that is printed, or take it away."""
        with self._lock:
            self._put(self._line.show(status))

    def redraw(self) -> None:
        """Draw that line anew: the terminal has another size, or others had it for a while."""
        with self._lock:
            self._put(self._line.again())

    def flush(self) -> None:
        """Wait until all that was shown is on the terminal, but not for ever."""
        if self._outlet is not None:
            self._outlet.flush()

    def names(self, names: Sequence[str]) -> None:
        """Make room for these names before the services' lines."""
        self._width = max(map(len, names), default=0)
        self._prefixes.clear()

    def line(self, service: str, text: str) -> None:
        """Print a line of a service's output, freed of all controls but colours, behind its name."""
        with self._lock:
            if self._outlet is not None and self._outlet.is_full:
                self._left_out[service] += 1
            else:
                self._put(self._line.above(self._behind(service, text)))

    def table(self, rows: Sequence[Row]) -> None:
        """Print the services with their addresses and states."""
        columns = columns_of(rows)
        table = columned("name", "address", "port", "state", *columns)
        for row in rows:
            style = STATES.get(row.state, STATES.get(row.state.partition(" ")[0], "red"))  # "ready in 0.8 s"
            more = [Text(row.columns.get(name, "")) for name in columns]
            state = Text(row.state, style=style)
            table.add_row(Text(row.name), Text(row.url, style=f"link {row.url}"), Text(row.port), state, *more)
        self.show(table)

    def findings(self, findings: Sequence[Finding]) -> None:
        """Print what was found, each with its fix; what is not on this machine makes no noise."""
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(no_wrap=True)
        table.add_column(max_width=32, overflow="fold")
        table.add_column(overflow="fold")
        shown = [each for each in findings if each.verdict is not Verdict.ABSENT]
        for topic in dict.fromkeys(each.topic for each in shown):
            table.add_row(Text(topic, style="bold"))
            for each in (each for each in shown if each.topic == topic):
                fix = Text(f"\n→ {each.fix}" if each.fix else "", style="bold")
                verdict = Text(f"  {each.verdict}", style=VERDICTS[each.verdict])
                table.add_row(verdict, Text(each.subject), Text(each.said) + fix)
        self.show(table)
        broken = sum(finding.verdict is Verdict.BROKEN for finding in findings)
        self.note(
            f"{broken} broken: do what stands after →" if broken else "nothing is broken", "red" if broken else "green"
        )

    def plugins(self, found: Sequence[Listed]) -> None:
        """Print the plugins with their hooks; how often each was called, and how long that took, where it is known."""
        table = Table("plugin", "source", "hook", "calls", "ms", box=None, header_style="bold", pad_edge=False)
        shown = ""
        for each in found:
            if each.project != shown and len({one.project for one in found}) > 1:
                table.add_row(Text(each.project, style="bold"))
            shown = each.project
            source = Text(f"{each.source} {each.version}".strip(), style="dim")
            for number, hook in enumerate(each.hooks or [None]):
                name, place = (Text(Path(each.name).name), source) if number == 0 else (Text(), Text())
                if hook is None:
                    table.add_row(name, place, Text("no hooks", style="dim"))
                    continue
                said = Text(hook.name.removeprefix("devserve_"), style="red" if hook.is_off else "")
                table.add_row(name, place, said, _number(hook.calls), _number(hook.milliseconds))
        self.show(table)

    def note(self, text: str, style: str = "") -> None:
        """Print a sentence."""
        self._print(Text(text, style=style), soft_wrap=True, highlight=False)

    def data(self, text: str) -> None:
        """Print a line for programs, on stdout."""
        _write(sys.stdout, f"{text}\n")

    def show(self, table: Table) -> None:
        """Print a table. What is no terminal has no edge: nothing is folded there, so that it can be searched."""
        if self.console.is_terminal:
            self._print(table)
        else:
            self._print(table, Console(width=WIDEST, color_system=None))

    def _print(
        self, what: Text | Table, console: Console | None = None, *, soft_wrap: bool = False, highlight: bool = True
    ) -> None:
        console = console or self.console
        with self._lock:
            with console.capture() as captured:
                console.print(what, soft_wrap=soft_wrap, highlight=highlight)
            self._put(self._line.above(captured.get()))  # at once, so that no line is torn

    def _behind(self, service: str, text: str) -> str:
        """Return a line behind its service's name; not by rich, which takes a hundred times as long."""
        if service not in self._prefixes:
            prefix = Text(f"{service:<{self._width}} │ ", style=COLOURS[color_index(service, len(COLOURS))])
            with self.console.capture() as captured:
                self.console.print(prefix, end="", soft_wrap=True, highlight=False)
            self._prefixes[service] = captured.get()
        if "\x1b" in text:
            text = plain(text) if self.console.color_system is None or self.console.no_color else f"{text}{RESET}"
        return f"{self._prefixes[service]}{text}\n"

    def _put(self, text: str) -> None:
        """Write a text, behind the count of the lines that were left out."""
        if self._left_out and not (self._outlet is not None and self._outlet.is_full):
            said = [(name, f"… {count:,} lines are not shown") for name, count in self._left_out.items()]
            self._left_out.clear()
            text = self._line.above("".join(self._behind(*each) for each in said)) + text
        if self._outlet is not None and text:
            self._outlet.put(text)
        else:
            _write(self.console.file, text)


def columned(*columns: str) -> Table:
    """Return a table with these headings, in which addresses are folded where the terminal is narrow."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold", no_wrap=column not in FOLDED)
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


class TerminalHandler(logging.Handler):
    """Prints log records as sentences."""

    STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}  # noqa: RUF012  # a constant

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        self._terminal.note(self.format(record), self.STYLES.get(record.levelno, "dim"))


def _another(file: IO[str]) -> IO[str]:
    """Return a second file for the same terminal.

    Who writes to a file locks it for so long, and rich asks for that lock even when it only renders.
    """
    try:
        descriptor = os.dup(file.fileno())
    except OSError:  # it is in memory
        return file
    encoding: str = getattr(file, "encoding", "utf-8")
    return os.fdopen(descriptor, "w", encoding=encoding, errors="backslashreplace")  # as sys.stderr


def _write(file: IO[str], text: str) -> None:
    """Write a text, unless nobody reads it any more."""
    if not text:
        return
    try:
        file.write(text)
        file.flush()
    except BlockingIOError:  # somebody has set the terminal so; the rest of the text is lost, the next one may pass
        return
    except OSError:
        # What is still buffered goes nowhere, now and when Python ends, and so does all that comes.
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, file.fileno())
            os.close(nowhere)
