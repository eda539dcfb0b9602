"""What a service could not do, start or build, for as long as it has not been mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST_LINES = 40
MOST_CHARACTERS = 400  # of a line; a minified one says nothing anyway
MOST_PROBLEMS = 8
START = "start"  # the key of what keeps the service itself from running


@dataclass(frozen=True, slots=True)
class Problem:
    """What failed, for the page to show. `key` names the task: its next problem, or its success, replaces this one.

    A problem without a title says that the task has succeeded.
    """

    key: str
    title: str = ""
    lines: tuple[str, ...] = ()  # of output; as text, whatever they hold

    @property
    def is_mended(self) -> bool:
        """Whether this says that nothing is wrong any more."""
        return not self.title


class Problems:
    """The problems that there are, by service, in the order in which they came."""

    def __init__(self) -> None:
        self._by_service: dict[str, dict[str, Problem]] = {}

    def __repr__(self) -> str:
        return f"<Problems {sum(map(len, self._by_service.values()))}>"

    def note(self, service: str, problem: Problem) -> bool:
        """Take a problem in, or its end; tell whether that changes anything."""
        known = self._by_service.setdefault(service, {})
        before = known.get(problem.key)
        if problem.is_mended:
            return known.pop(problem.key, None) is not None
        known[problem.key] = bounded(problem)
        while len(known) > MOST_PROBLEMS:
            del known[next(iter(known))]
        return known.get(problem.key) != before

    def of(self, service: str) -> tuple[Problem, ...]:
        """Return what is wrong with a service."""
        return tuple(self._by_service.get(service, {}).values())


def bounded(problem: Problem) -> Problem:
    """Return a problem that fits on a page: its last lines, none of them endless."""
    return replace(problem, lines=tuple(shortened(line) for line in trimmed(problem.lines)[-MOST_LINES:]))


def trimmed(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines without empty ones around them."""
    full = [number for number, line in enumerate(lines) if line.strip()]
    return lines[full[0] : full[-1] + 1] if full else ()


def shortened(line: str) -> str:
    """Return the line, or its beginning."""
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} …"
