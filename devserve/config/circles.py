"""Services that need each other in a circle."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter


def circles(needs: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return circles such as (a, b), where a needs b and b needs a: enough of them that mending each leaves none."""
    left = {name: list(needed) for name, needed in needs.items()}
    order = {name: index for index, name in enumerate(needs)}
    found: list[tuple[str, ...]] = []
    while circle := circle_in(left):
        first = min(range(len(circle)), key=lambda index: order[circle[index]])
        circle = circle[first:] + circle[:first]
        found.append(circle)
        left[circle[0]].remove(circle[1 % len(circle)])
    return found


def circle_in(needs: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return one circle, each name before one that it needs, or nothing."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        names: list[str] = error.args[1]  # each before one that needs it, the first again at the end
        return tuple(reversed(names[1:]))
    return ()
