"""The page that lists every service: name, address, port, state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from devserve.proxy.failures import STYLE

HOST = "devserve.localhost"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


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


def page(rows: Sequence[Row]) -> str:
    """Return the page; it loads itself again every few seconds."""
    columns = columns_of(rows)
    headings = "".join(f"<th>{escape(name)}" for name in columns)
    cells = "".join(
        f'<tr><td>{escape(row.name)}<td><a href="{escape(row.url)}">{escape(row.url)}</a>'
        f"<td>{escape(row.port)}<td>{escape(row.state)}"
        + "".join(f"<td>{escape(row.columns.get(name, ''))}" for name in columns)
        for row in rows
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>devserve</title>'
        f"<style>{STYLE}</style></head><body><main><small>devserve</small><h1>Services</h1>"
        f"<table><tr><th>Name<th>Address<th>Port<th>State{headings}{cells}</table></main></body></html>\n"
    )
