"""Which leaf a handshake shows as time goes by, so that a fresh one is always there before it is needed."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto

from devserve.ca.leaf import Leaf


class Choice(Enum):
    """What a handshake does."""

    SHOWN = auto()  # show the present leaf
    AGING = auto()  # show it, and renew it meanwhile
    SUCCESSOR = auto()  # show its successor from now on, and prepare the next one
    NEITHER = auto()  # both are out of their time: a clock that went back, or a sleep of months


def choose(shown: Leaf, successor: Leaf | None, now: datetime) -> Choice:
    """Return what to show at a moment of the wall clock.

    The successor's life begins where the renewal of the present leaf is due. So a laptop that wakes up after a month
    finds a fresh leaf ready, and nothing has to be signed while a client waits.
    """
    if shown.not_before <= now < shown.renew_after:
        return Choice.SHOWN
    if successor is not None and successor.not_before <= now < successor.not_after:
        return Choice.SUCCESSOR
    return Choice.AGING if shown.not_before <= now < shown.not_after else Choice.NEITHER
