"""What people see of the answers to orders: tables, services' lines, and how an order goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePath

from rich.console import COLOR_SYSTEMS, Console
from rich.measure import Measurement
from rich.status import Status as Spinner
from rich.style import Style
from rich.table import Table
from rich.text import Text

from devserve.cli.terminal import COLOURS, STATES, WIDEST, Terminal, columned
from devserve.hub.choice import Known, labels
from devserve.hub.listing import ailing
from devserve.hub.orders import ELSEWHERE, Leads, Outcome, Progress
from devserve.proxy import authority_page
from devserve.run.lines import color_index, plain

STYLES = {**STATES, "restarting": "yellow", "stopped": "dim", ELSEWHERE: "green"}
COLUMNS = ("name", "repository", "state", "address", "port", "pid", "up", "restarts")
KEPT = {"name", "state", "address"}
LEAVING = ("restarts", "up", "pid", "repository", "port")  # where a terminal is narrow, in this order
ESCAPE, END_OF_COLOR = "\x1b", "\x1b[0m"
MINUTE, HOUR, DAY = 60, 3600, 86_400


def show_status(terminal: Terminal, known: Sequence[Known]) -> None:
    """Print the services, then the sentences about those that are not well."""
    called = labels(known)
    rows = [_cells(one, called[one]) for one in known]
    more = dict.fromkeys(name for one in known for name, _ in one.status.columns if name not in COLUMNS)
    columns = [column for column in COLUMNS if column in KEPT or any(row[column] for row in rows)] + [*more]
    if len({one.status.root for one in known}) == 1:
        columns.remove("repository")
    leaving = (*reversed(more), *LEAVING)
    while not _fits(terminal, table := _status_table(columns, rows)) and set(columns) - KEPT:
        columns.remove(next(column for column in leaving if column in columns))
    terminal.show(table)
    for sentence in ailing(known):
        terminal.note(sentence, "red")


def show_routes(terminal: Terminal, leads: Sequence[Leads]) -> None:
    """Print which address leads to which service, and where that answers."""
    table = columned("address", "service", "origin")
    for each in (each for each in leads if each.path != authority_page.PATH):  # which is at every host
        table.add_row(_address(each.url), Text(each.service or "devserve"), Text(each.origin))
    terminal.show(table)


def uptime(seconds: float) -> str:
    """Return a time in its two largest units: 42 s, 5 m 12 s, 3 h 4 m, 2 d 1 h."""
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} m {whole % MINUTE} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} m"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


class Progressing:
    """Shows how an order goes: on a terminal in one line that changes, elsewhere a line for each change."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._states: dict[str, str] = {}
        self._spinner = Spinner("", console=terminal.console) if terminal.console.is_terminal else None

    def __repr__(self) -> str:
        return f"<Progressing {self._states}>"

    def __enter__(self) -> Progressing:
        return self

    def __exit__(self, *_: object) -> None:
        if self._spinner is not None:
            self._spinner.stop()

    def show(self, label: str, progress: Progress) -> None:
        """Show where a service stands."""
        said = f"{label}: {progress.state}"
        if self._spinner is not None:
            self._states[label] = f"{said} ({progress.seconds:.0f} s)"
            self._spin()
        elif self._states.get(label) != progress.state:
            self._states[label] = progress.state
            self._terminal.note(said, "dim")

    def end(self, label: str, outcome: Outcome) -> None:
        """Show what came of the order for a service."""
        self._states.pop(label, None)
        self._terminal.note(f"{label}: {outcome.text}", "green" if outcome.ok else "red")
        self._spin()

    def _spin(self) -> None:
        if self._spinner is None:
            return
        self._spinner.update(Text(", ".join(self._states.values()), no_wrap=True, overflow="ellipsis"))
        if self._states:
            self._spinner.start()
        else:
            self._spinner.stop()


class Lines:
    """Prints services' lines on stdout, where other programs may read them; with names when there are several."""

    def __init__(self, labels: Collection[str], *, as_json: bool = False) -> None:
        self._colors = Console().color_system  # what stdout can show; NO_COLOR and FORCE_COLOR are obeyed
        self._width = max(map(len, labels), default=0)
        self._named = len(labels) > 1
        self._as_json = as_json

    def __repr__(self) -> str:
        return f"<Lines of width {self._width}>"

    def print(self, lines: Iterable[tuple[Known, str, str]]) -> None:
        """Print lines, each given with its service and what that is called.

        Raises BrokenPipeError when nobody reads any more.
        """
        sys.stdout.write("".join(f"{self._shown(*line)}\n" for line in lines))
        sys.stdout.flush()

    def _shown(self, one: Known, label: str, text: str) -> str:
        if self._as_json:
            return json.dumps({"name": one.name, "repository": one.status.root, "line": plain(text)})
        colored = plain(text) if self._colors is None else f"{text}{END_OF_COLOR if ESCAPE in text else ''}"
        return f"{self._prefix(label)}{colored}" if self._named else colored

    def _prefix(self, label: str) -> str:
        style = Style(color=COLOURS[color_index(label.rpartition("/")[2], len(COLOURS))])
        return style.render(f"{label:<{self._width}} │ ", color_system=COLOR_SYSTEMS.get(self._colors or ""))


def _cells(one: Known, label: str) -> Mapping[str, Text]:
    it = one.status
    return {
        "name": Text(label),
        "repository": Text(PurePath(it.root).name),
        "state": Text(it.state, style=STYLES.get(it.state, "red")),
        "address": _address(it.url),
        "port": Text(str(it.port or it.origin)),
        "pid": Text(str(it.pid or "")),
        "up": Text("" if it.seconds is None else uptime(it.seconds)),
        "restarts": Text(str(it.restarts or "")),
        **{name: Text(text) for name, text in it.columns if name not in COLUMNS},
    }


def _status_table(columns: Sequence[str], rows: Iterable[Mapping[str, Text]]) -> Table:
    table = columned(*columns)
    for row in rows:
        table.add_row(*(row.get(column, "") for column in columns))
    return table


def _fits(terminal: Terminal, table: Table) -> bool:
    """Tell whether a table needs no folding on a terminal."""
    console = terminal.console
    if not console.is_terminal:
        return True
    unfolded = Measurement.get(console, console.options.update(max_width=WIDEST), table)
    return unfolded.maximum <= console.width


def _address(url: str) -> Text:
    return Text(url, style=f"link {url}")
