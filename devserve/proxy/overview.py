"""Where devserve's own pages are, and a service as people see it in a table."""

from __future__ import annotations

from dataclasses import dataclass

HOST = "devserve.localhost"


@dataclass(frozen=True, slots=True)
class Row:
    """One service as people see it."""

    name: str
    url: str
    port: str
    state: str
