"""An answer that is written down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A status and the JSON that goes with it."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """What is asked, with which status it is answered, and where that is written down."""

    method: str
    path: str
    status: int
    source: str
