"""The messages of the control socket: one JSON object per line, an order and its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from devserve.errors import RemoteProtocolError

LONGEST = 256 * 1024  # bytes of one message, its newline included


@dataclass(frozen=True, slots=True)
class ReloadOrder:
    """`devserve reload`, as it was typed, and the folder where."""

    words: tuple[str, ...]
    folder: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an order: how many browsers of which service were told, or why nothing was done."""

    told: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


def order_line(order: ReloadOrder) -> bytes:
    """Return an order as it is sent."""
    return json.dumps({"command": "reload", **asdict(order)}).encode() + b"\n"


def answer_line(answer: Answer) -> bytes:
    """Return an answer as it is sent."""
    return json.dumps(asdict(answer)).encode() + b"\n"


def order_in(line: bytes) -> ReloadOrder:
    """Return the order that a line holds.

    Raises:
        RemoteProtocolError: it is none, as when another version of devserve asks.
    """
    match _object(line):
        case {"command": "reload", "words": list(words), "folder": str(folder)} if all(
            isinstance(word, str) for word in words
        ):
            return ReloadOrder(tuple(words), folder)
    raise RemoteProtocolError("the control socket was sent something that is no order")


def answer_in(line: bytes) -> Answer:
    """Return the answer that a line holds.

    Raises:
        RemoteProtocolError: it is none, as when another version of devserve runs.
    """
    match _object(line):
        case {"told": dict(told), "problem": str(problem)} if all(isinstance(count, int) for count in told.values()):
            return Answer(told, problem)
    raise RemoteProtocolError("the devserve that runs gave no answer; is it of another version? End it and start anew")


def _object(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
