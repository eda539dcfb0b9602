"""What people see in their terminal: notes, services' lines with their names, the table of services."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from threading import RLock
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from devserve.doctor.findings import Finding, Verdict
from devserve.proxy.overview import Row
from devserve.run.lines import color_index
from devserve.run.status import Status
from devserve.status_line import StatusLine, is_possible

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
VERDICTS = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.BROKEN: "red"}
STATES = {"ready": "green", "starting": "yellow", "waiting": "yellow", "remote": "green", "started elsewhere": ""}


class Terminal:
    """Prints for people, on stderr. Text from services is never read as markup.

    When nobody reads any more, as after `devserve run 2>&1 | head -1`, nothing is printed and everything else goes on.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._width = 0
        self._line = StatusLine(console)
        self._lock = RLock()  # threads log too

    @property
    def is_live(self) -> bool:
        """Whether a status line can be shown, and a person may press keys."""
        return is_possible(self.console)

    def status(self, status: Status | None) -> None:
        """Show a line below all that is printed, or take it away."""
        with self._lock:
            _write(self.console.file, self._line.show(status))

    def redraw(self) -> None:
        """Draw that line anew: the terminal has another size, or others had it for a while."""
        with self._lock:
            _write(self.console.file, self._line.again())

    def names(self, names: Sequence[str]) -> None:
        """Make room for these names before the services' lines."""
        self._width = max(map(len, names), default=0)

    def line(self, service: str, text: str) -> None:
        """Print a line of a service's output behind its name."""
        prefix = Text(f"{service:<{self._width}} │ ", style=COLOURS[color_index(service, len(COLOURS))])
        self._print(prefix + Text.from_ansi(text), soft_wrap=True, highlight=False)

    def table(self, rows: Sequence[Row]) -> None:
        """Print the services with their addresses and states."""
        table = Table("name", "address", "port", "state", box=None, header_style="bold", pad_edge=False)
        for row in rows:
            state = Text(row.state, style=STATES.get(row.state, "red"))
            table.add_row(Text(row.name), Text(row.url, style=f"link {row.url}"), Text(row.port), state)
        self._print(table)

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
        self._print(table)
        broken = sum(finding.verdict is Verdict.BROKEN for finding in findings)
        self.note(
            f"{broken} broken: do what stands after →" if broken else "nothing is broken", "red" if broken else "green"
        )

    def note(self, text: str, style: str = "") -> None:
        """Print a sentence."""
        self._print(Text(text, style=style), soft_wrap=True, highlight=False)

    def data(self, text: str) -> None:
        """Print a line for programs, on stdout."""
        _write(sys.stdout, f"{text}\n")

    def _print(self, what: Text | Table, *, soft_wrap: bool = False, highlight: bool = True) -> None:
        with self._lock:
            with self.console.capture() as captured:
                self.console.print(what, soft_wrap=soft_wrap, highlight=highlight)
            _write(self.console.file, self._line.above(captured.get()))  # at once, so that no line is torn


class TerminalHandler(logging.Handler):
    """Prints log records as sentences."""

    STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}  # noqa: RUF012  # a constant

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        self._terminal.note(self.format(record), self.STYLES.get(record.levelno, "dim"))


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
