"""How many watches there are, who needs them, and what to do when they do not suffice."""

from __future__ import annotations

import errno
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

BIGGEST = 10
ENOUGH = 524_288
ENOUGH_INSTANCES = 1_024


def sysctl(code: int, most: int) -> str:
    """Return the line that raises the limit which an error (ENOSPC, EMFILE) is about, from what it is now."""
    if code == errno.EMFILE:
        return f"sudo sysctl fs.inotify.max_user_instances={max(ENOUGH_INSTANCES, 2 * most)}"
    return f"sudo sysctl fs.inotify.max_user_watches={max(ENOUGH, 2 * most)}"


def shortage(service: str, code: int, used: int, most: int, folders: Sequence[str]) -> str:
    """Return the sentence for a service that cannot be watched, with the paths of all its folders."""
    what = "inotify instances" if code == errno.EMFILE else "file watches"
    largest = told(biggest(folders)) if code != errno.EMFILE else ""
    named = f" of its {len(folders)} folders {largest};" if largest else ""
    return (
        f"{service}: no {what} left, {used} of {most} are in use;{named} it is looked at once a second instead;"
        f" run: {sysctl(code, most)}"
    )


def told(parts: Iterable[tuple[str, int]]) -> str:
    """Return folders with how many folders each has, as words."""
    return ", ".join(f"{path} has {count}" for path, count in parts)


def biggest(folders: Iterable[str], most: int = BIGGEST) -> list[tuple[str, int]]:
    """Return those that have the most folders, themselves included and none within another, the biggest first.

    One that owes more than half of its folders to a single one below is named by that: the culprit, not its parent.
    """
    counts: Counter[str] = Counter()
    below: defaultdict[str, set[str]] = defaultdict(set)
    for folder in folders:
        path = folder
        while path:
            counts[path] += 1
            outer = path.rpartition("/")[0]
            below[outer].add(path)
            path = outer
    culprits = [culprit(top, counts, below) for top in below[""]]
    return sorted(((path, counts[path]) for path in culprits), key=lambda part: (-part[1], part[0]))[:most]


def culprit(path: str, counts: Mapping[str, int], below: Mapping[str, set[str]]) -> str:
    """Return the folder that a folder owes most of its folders to: itself, or one below."""
    largest = max(below.get(path, ()), key=lambda inner: counts[inner], default=None)
    if largest is None or counts[largest] * 2 <= counts[path] or counts[largest] == 1:
        return path
    return culprit(largest, counts, below)
