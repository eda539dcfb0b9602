"""Whether a request waits for its service, goes on, goes to the fallback, or is answered with a page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# What waits for one service: 200 requests a second for the ten seconds of a slow start. One with a body weighs more,
# for a Stream keeps up to 512 KiB of it: 128 MiB at most wait.
MOST_WAITING = 2048
BODY = 8
LONGEST_WAIT = 30.0  # seconds


class Verdict(Enum):
    """What becomes of a request now."""

    GO = "go"
    WAIT = "wait"
    REFUSE = "refuse"
    FALL_BACK = "fall back"  # to what answers in the service's place


@dataclass(frozen=True, slots=True)
class Standing:
    """How a service stands at this moment: it can answer, or it is expected to soon, and the weight of what waits.

    `replaceable` says that something answers in its place while it does not run.
    """

    ready: bool
    coming: bool
    waiting: int = 0
    replaceable: bool = False


def weight(*, has_body: bool) -> int:
    """Return what a request that waits counts for."""
    return BODY if has_body else 1


def verdict(standing: Standing, waited: float) -> Verdict:
    """Return what becomes of a request that has waited this many seconds."""
    if standing.ready:
        return Verdict.GO
    if standing.coming and waited < LONGEST_WAIT and standing.waiting < MOST_WAITING:
        return Verdict.WAIT
    if standing.replaceable and not standing.coming:
        return Verdict.FALL_BACK
    return Verdict.REFUSE
