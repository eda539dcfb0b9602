"""An answer that is written down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A status and the JSON that goes with it."""

    status: int
    body: bytes
