"""What is measured: each case puts one load on one proxy and returns its figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from benchmarks import load
from benchmarks.names import Route
from benchmarks.nginx import BIG
from benchmarks.running import Running

NAMES = 50
KEPT = 32  # connections
SOCKETS = 50
IDLE_SOCKETS = 1000
TRANSFERS = 2  # of 100 MiB
BRIEF_TURNS, BRIEF_SECONDS = 5, 1  # in a round, for values that lie close together


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement. `busy` is the share of its core that the proxy used: near 1, or something else was the limit."""

    value: float
    busy: float
    p50: float | None = None  # milliseconds
    p99: float | None = None
    growth: float | None = None  # MiB of resident memory at the peak above those before
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A proxy that runs, its port, its routes, and for how long it is measured."""

    proxy: Running
    port: int
    routes: Sequence[Route]
    seconds: float


@dataclass(frozen=True, slots=True)
class Case:
    """A title, the unit of its values, how many routes the proxies have, the measurement, and its turns in a round."""

    title: str
    unit: str
    routes: int
    measure: Callable[[Target], Figures]
    only_devserve: bool = False
    turns: int = 1


def _requests(path: str, kind: str) -> Callable[[Target], Figures]:
    def measure(target: Target) -> Figures:
        load.requests(target.port, path, kind, KEPT, 1)  # connections to the upstream, caches, compilers
        return _counted(target, lambda: load.requests(target.port, path, kind, KEPT, target.seconds))

    return measure


def _brief_requests(path: str, kind: str) -> Callable[[Target], Figures]:
    """Measure for a second, without a warm-up: in a long turn the machine may change its pace by a third."""
    return lambda target: _counted(
        replace(target, seconds=BRIEF_SECONDS), lambda: load.requests(target.port, path, kind, KEPT, BRIEF_SECONDS)
    )


def _handshakes(target: Target) -> Figures:
    hosts = [route.host for route in target.routes]
    figures = _counted(target, lambda: load.handshakes(target.port, hosts, target.seconds))
    return replace(figures, p50=None, p99=None)  # wrk's latencies leave the handshake out


def _echoes(target: Target) -> Figures:
    return _counted(target, lambda: load.echoes(target.port, SOCKETS, target.seconds))


def _transfer(move: Callable[[int, int], float]) -> Callable[[Target], Figures]:
    def measure(target: Target) -> Figures:
        load.requests(target.port, "/", "plain", KEPT, 1)  # what any service has seen before
        before, used = target.proxy.resident(), target.proxy.processor_seconds()
        target.proxy.forget_peak()
        rate = move(target.port, TRANSFERS)
        share = (target.proxy.processor_seconds() - used) * rate * 1e6 / (TRANSFERS * BIG)
        return Figures(rate, share, growth=max(0.0, target.proxy.peak() - before))

    return measure


def _idle(target: Target) -> Figures:
    before, used = target.proxy.resident(), target.proxy.processor_seconds()
    with ExitStack() as keep:
        load.open_sockets(target.port, IDLE_SOCKETS, keep)
        opening = target.proxy.processor_seconds() - used
        time.sleep(target.seconds)
        idle = (target.proxy.processor_seconds() - used - opening) / target.seconds
        return Figures(IDLE_SOCKETS, idle, growth=target.proxy.resident() - before)


def _counted(target: Target, run: Callable[[], load.Counted]) -> Figures:
    used = target.proxy.processor_seconds()
    counted = run()
    share = (target.proxy.processor_seconds() - used) / target.seconds
    return Figures(counted.per_second, share, counted.p50 or None, counted.p99 or None, errors=counted.errors)


SMALL = Case("1 KiB over TLS keep-alive, 32 connections", "requests/s", NAMES, _requests("/", "plain"))
BROWSER = Case(
    "browser-like request: 15 header fields, 20 KiB script", "requests/s", NAMES, _requests("/script.js", "browser")
)
VARIOUS = Case(
    "browser-like requests of which no two are the same, 20 KiB script",
    "requests/s", NAMES, _requests("/script.js", "various"),
)  # fmt: skip
PAGE = Case(
    "page load: 15 header fields, 20 KiB HTML (devserve inserts its snippet)",
    "requests/s", NAMES, _requests("/page", "page"),
)  # fmt: skip
DOWNLOAD = Case("100 MiB download", "MB/s", NAMES, _transfer(load.download), turns=BRIEF_TURNS)
UPLOAD = Case("100 MiB upload", "MB/s", NAMES, _transfer(load.upload), turns=BRIEF_TURNS)
HANDSHAKES = Case("new TLS connections over 50 names, one request each", "connections/s", NAMES, _handshakes)
ECHO = Case(f"WebSocket echo over {SOCKETS} connections", "round trips/s", NAMES, _echoes)
IDLE = Case(f"{IDLE_SOCKETS:,} idle WebSockets", "open", NAMES, _idle, only_devserve=True)
ROUTES = {
    count: Case(f"{count:,} routes, 1 KiB", "requests/s", count, _brief_requests("/", "plain"), turns=BRIEF_TURNS)
    for count in (10, 100, 1000)
}
# Those of a group take turns for each contender, before the next contender has its own.
GROUPS = (
    *((case,) for case in (SMALL, BROWSER, VARIOUS, PAGE, DOWNLOAD, UPLOAD, HANDSHAKES, ECHO, IDLE)),
    tuple(ROUTES.values()),
)
ALL = tuple(case for group in GROUPS for case in group)
