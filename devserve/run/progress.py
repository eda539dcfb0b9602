"""What takes longer than a second is said: when, and in which words."""

from __future__ import annotations

from collections.abc import Iterator

from devserve.config.values import Origin, Service, Stop
from devserve.run.readiness import what_is_missing

MOMENTS = (1.0, 5.0, 10.0)  # seconds after the beginning; then each time twice as late


def moments() -> Iterator[float]:
    """Yield the seconds after the beginning at which it is said that something still goes on, without end."""
    yield from MOMENTS
    moment = MOMENTS[-1]
    while True:
        moment *= 2
        yield moment


def not_ready_yet(service: Service, origin: Origin, seconds: float) -> str:
    """Return the sentence for a service that is still waited for."""
    return f"{service.label}: still waiting for it to be ready ({seconds:g} s): {what_is_missing(service, origin)}"


def not_ended_yet(name: str, stop: Stop, seconds: float) -> str:
    """Return the sentence for processes that are still ending."""
    until = f"{stop.grace:g} s after signal {stop.signal.name.removeprefix('SIG')} they are killed"
    return f"{name}: its processes are still ending ({seconds:g} s); {until}"


def not_done_yet(name: str, program: str, seconds: float) -> str:
    """Return the sentence for a task that still runs."""
    return f"{name}: the task {program} still runs ({seconds:g} s)"
