"""The one line that tells what a save has led to."""

from __future__ import annotations

from collections.abc import Sequence

MOST_NAMED = 2


def report(service: str, paths: Sequence[str], steps: Sequence[str], seconds: float) -> str:
    """Return `web: static/site.css → refresh → 2 browsers (3 ms)`."""
    return f"{service}: {' → '.join([named(paths), *steps])} ({duration(seconds)})"


def named(paths: Sequence[str]) -> str:
    """Return the first paths and the number of the others."""
    shown = ", ".join(paths[:MOST_NAMED])
    others = len(paths) - MOST_NAMED
    return f"{shown} and {others} more" if others > 0 else shown


def browsers(count: int) -> str:
    """Return how many browsers were told."""
    if count == 0:
        return "no browser is connected"
    return "1 browser" if count == 1 else f"{count} browsers"


def duration(seconds: float) -> str:
    """Return milliseconds below a second, else seconds."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"
