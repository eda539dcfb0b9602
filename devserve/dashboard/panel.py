"""A panel of the dashboard as a plugin describes it: values, never markup. devserve draws them, all text as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from devserve.doctor.findings import Verdict

MOST_PANELS = 20  # of one plugin
MOST_PARTS = 50  # of one panel
MOST_ROWS = 200  # of one table, and facts of one list
MOST_COLUMNS = 20
LONGEST = 2000  # characters of one text


@dataclass(frozen=True, slots=True)
class Link:
    """A web address, and the text to be read in its place."""

    url: str
    text: str = ""


Cell: TypeAlias = str | int | float | Verdict | Link


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below the names of their columns. `empty` is said when there are no rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]] = ()
    empty: str = "None."

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise ValueError(f"Table: row {number} is {row!r}; give it {len(self.columns)} cells, as the columns")


Part: TypeAlias = str | Link | Mapping[str, Cell] | Table


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its title and, from top to bottom, sentences, links, facts by their names, and tables."""

    title: str
    parts: Sequence[Part] = ()

    def as_data(self) -> dict[str, object]:
        """Return it for JSON: what is longer than a page has room for is cut."""
        return {"title": _cut(self.title), "parts": [_part(part) for part in self.parts[:MOST_PARTS]]}


def _part(part: Part) -> dict[str, object]:
    if isinstance(part, Table):
        rows = [[_cell(cell) for cell in row[:MOST_COLUMNS]] for row in part.rows[:MOST_ROWS]]
        left_out = len(part.rows) - len(rows)
        columns = [_cut(name) for name in part.columns[:MOST_COLUMNS]]
        return {"kind": "table", "columns": columns, "rows": rows, "left_out": left_out, "empty": _cut(part.empty)}
    if isinstance(part, Mapping):
        return {"kind": "facts", "facts": [[_cut(name), _cell(part[name])] for name in islice(part, MOST_ROWS)]}
    return {"kind": "line", "cell": _cell(part)}


def _cell(cell: Cell) -> dict[str, str]:
    if isinstance(cell, Link):
        return {"text": _cut(cell.text or cell.url), "url": cell.url[:LONGEST]}
    if isinstance(cell, Verdict):
        return {"text": str(cell), "verdict": str(cell)}
    return {"text": _cut(str(cell))}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
