"""A run's figures as medians and ratios, beside the goals, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks import cases
from benchmarks.cases import Case, Figures
from benchmarks.contenders import CADDY, DEVSERVE, NGINX, NODE_AGENT, NODE_SHIPPED

Rounds = Sequence[Figures]


@dataclass(slots=True)
class Results:
    """What was measured: for each case and contender, its rounds in their order."""

    rounds: dict[str, dict[str, list[Figures]]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    _failed: set[tuple[str, str]] = field(default_factory=set)

    def add(self, case: Case, contender: str, figures: Figures) -> None:
        """Keep a measurement."""
        self.rounds.setdefault(case.title, {}).setdefault(contender, []).append(figures)

    def fail(self, case: Case, contender: str, error: Exception) -> None:
        """Note that a contender could not be measured in a case."""
        self._failed.add((case.title, contender))
        self.failures.append(f"{contender}, {case.title}: {error}")

    def has_failed(self, case: Case, contender: str) -> bool:
        """Return whether that has been noted."""
        return (case.title, contender) in self._failed

    def of(self, case: Case, contender: str = DEVSERVE.name) -> Rounds:
        """Return the rounds of a contender in a case; none if it was left out."""
        return self.rounds.get(case.title, {}).get(contender, ())

    def ratio(self, case: Case, contender: str) -> float | None:
        """Return how many times the contender's value devserve's is: the median over the rounds."""
        pairs = zip(self.of(case), self.of(case, contender), strict=False)
        found = [ours.value / theirs.value for ours, theirs in pairs if theirs.value]
        return median(found) if found else None


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached, and how it is read from the results; None: it was not measured."""

    text: str
    bound: float
    reached: Callable[[Results], float | None]
    at_most: bool = False
    unit: str = " x"

    def row(self, results: Results) -> str:
        """Return the goal as a row of a table."""
        reached = self.reached(results)
        if reached is None:
            return f"| {self.text} | not measured | |"
        met = reached <= self.bound if self.at_most else reached >= self.bound
        return f"| {self.text} | {_number(reached)}{self.unit} | {'yes' if met else '**no**'} |"


def _times(case: Case, contender: str) -> Callable[[Results], float | None]:
    return lambda results: results.ratio(case, contender)


def _growth(case: Case) -> Callable[[Results], float | None]:
    return lambda results: _worst(results.of(case))


def _latency(results: Results) -> float | None:
    ours, theirs = results.of(cases.SMALL), results.of(cases.SMALL, CADDY.name)
    return median(each.p99 or 0 for each in ours) / median(each.p99 or 0 for each in theirs) if theirs else None


def _slope(results: Results) -> float | None:
    """Return devserve's own rate with many routes by that with few, of the same turn."""
    few, many = results.of(cases.ROUTES[10]), results.of(cases.ROUTES[1000])
    return median(b.value / a.value for a, b in zip(few, many, strict=False)) if few and many else None


def _worst(rounds: Rounds) -> float | None:
    return max((each.growth for each in rounds if each.growth is not None), default=None)


GOALS = (
    Goal("1 KiB: ≥ 2 x Caddy", 2, _times(cases.SMALL, CADDY.name)),
    Goal("1 KiB: ≥ 3 x http-proxy with a keep-alive agent", 3, _times(cases.SMALL, NODE_AGENT.name)),
    Goal("1 KiB: ≥ 20 x http-proxy as shipped", 20, _times(cases.SMALL, NODE_SHIPPED.name)),
    Goal("1 KiB: ≥ 0.6 x nginx (aim: 0.8)", 0.6, _times(cases.SMALL, NGINX.name)),
    Goal("browser-like request: ≥ 2 x Caddy", 2, _times(cases.BROWSER, CADDY.name)),
    Goal("browser-like request: ≥ 3 x http-proxy with a keep-alive agent", 3, _times(cases.BROWSER, NODE_AGENT.name)),
    Goal("browser-like request: ≥ 20 x http-proxy as shipped", 20, _times(cases.BROWSER, NODE_SHIPPED.name)),
    Goal("browser-like request: ≥ 0.6 x nginx (aim: 0.8)", 0.6, _times(cases.BROWSER, NGINX.name)),
    Goal("p99 of 1 KiB below Caddy's (devserve's by Caddy's)", 1, _latency, at_most=True),
    Goal("100 MiB download: ≥ 1 x Caddy", 1, _times(cases.DOWNLOAD, CADDY.name)),
    Goal("100 MiB upload: ≥ 1 x Caddy", 1, _times(cases.UPLOAD, CADDY.name)),
    Goal("100 MiB download: memory grows ≤ 16 MiB", 16, _growth(cases.DOWNLOAD), at_most=True, unit=" MiB"),
    Goal("100 MiB upload: memory grows ≤ 16 MiB", 16, _growth(cases.UPLOAD), at_most=True, unit=" MiB"),
    Goal("no slope: 1,000 routes by 10 routes (≥ 0.95)", 0.95, _slope),
    Goal("1,000 idle WebSockets: ≤ 40 MiB", 40, _growth(cases.IDLE), at_most=True, unit=" MiB"),
)


def markdown(results: Results, facts: Mapping[str, str], left_out: Sequence[str]) -> str:
    """Return the whole page."""
    parts = [HEAD, *(f"- {name}: {value}" for name, value in facts.items())]
    parts += [f"- left out: {each}" for each in (*left_out, *results.failures)]
    parts += ["", "## Goals", "", "| goal | reached | met |", "| --- | ---: | --- |"]
    parts += [goal.row(results) for goal in GOALS]
    for title, of_case in results.rounds.items():
        parts += ["", *_table(title, of_case, results)]
    return "\n".join(parts) + "\n"


HEAD = """# Results of `make bench`

Written by the run; do not edit. All figures are medians of the turns of one run, which the contenders took in rounds.
Compare them with each other, never with those of another run: the machine is another one every time. "devserve x" is
how many times the contender's value devserve's is, the median of the turns' own ratios. "core used" is the share of
its one core that the proxy used: well below 1, something else was the limit (the load generator, the upstream, other
work of the machine), and the proxy could do more. "per core" is the value by that share. "growth" is the most of all
rounds, against the memory before. p50 and p99 are milliseconds.
"""


def _table(title: str, of_case: Mapping[str, Rounds], results: Results) -> Iterator[str]:
    case = next(case for case in cases.ALL if case.title == title)
    yield from (
        f"## {title[0].upper()}{title[1:]}",
        "",
        f"| | {case.unit} | devserve x | core used | per core | p50 | p99 | growth, MiB | errors |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    )
    for contender, rounds in of_case.items():
        ratio = None if contender == DEVSERVE.name else results.ratio(case, contender)
        columns = (
            median(each.value for each in rounds), ratio, median(each.busy for each in rounds),
            median(each.value / each.busy if each.busy else 0 for each in rounds) or None,
            _median(each.p50 for each in rounds), _median(each.p99 for each in rounds), _worst(rounds),
            sum(each.errors for each in rounds) or None,
        )  # fmt: skip
        yield f"| {contender} | {' | '.join(map(_number, columns))} |"


def _median(values: Iterator[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
