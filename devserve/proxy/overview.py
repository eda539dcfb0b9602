"""Where devserve's own pages are, and a service as people see it in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

HOST = "devserve.localhost"


@dataclass(frozen=True, slots=True)
class Row:
    """One service as people see it."""

    name: str
    url: str
    port: str
    state: str
    columns: Mapping[str, str] = field(default_factory=dict)  # of plugins


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Return the names of the columns that plugins add, in the order in which they come."""
    return list(dict.fromkeys(name for row in rows for name in row.columns))
