"""What people see in their terminal: notes, services' lines with their names, the table of services."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from devserve.doctor.findings import Finding, Verdict
from devserve.proxy.overview import Row
from devserve.run.lines import color_index

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
VERDICTS = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.BROKEN: "red"}
STATES = {"ready": "green", "starting": "yellow", "waiting": "yellow"}


class Terminal:
    """Prints for people, on stderr. Text from services is never read as markup."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._width = 0

    def names(self, names: Sequence[str]) -> None:
        """Make room for these names before the services' lines."""
        self._width = max(map(len, names), default=0)

    def line(self, service: str, text: str) -> None:
        """Print a line of a service's output behind its name."""
        prefix = Text(f"{service:<{self._width}} │ ", style=COLOURS[color_index(service, len(COLOURS))])
        self.console.print(prefix + Text.from_ansi(text), soft_wrap=True, highlight=False)

    def table(self, rows: Sequence[Row]) -> None:
        """Print the services with their addresses and states."""
        table = Table("name", "address", "port", "state", box=None, header_style="bold", pad_edge=False)
        for row in rows:
            state = Text(row.state, style=STATES.get(row.state, "red"))
            table.add_row(Text(row.name), Text(row.url, style=f"link {row.url}"), Text(row.port), state)
        self.console.print(table)

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
        self.console.print(table)
        broken = sum(finding.verdict is Verdict.BROKEN for finding in findings)
        self.note(
            f"{broken} broken: do what stands after →" if broken else "nothing is broken", "red" if broken else "green"
        )

    def note(self, text: str, style: str = "") -> None:
        """Print a sentence."""
        self.console.print(Text(text, style=style), soft_wrap=True, highlight=False)


class TerminalHandler(logging.Handler):
    """Prints log records as sentences."""

    STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}  # noqa: RUF012  # a constant

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        self._terminal.note(self.format(record), self.STYLES.get(record.levelno, "dim"))
