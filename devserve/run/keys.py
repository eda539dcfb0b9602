"""What a pressed key means while devserve runs: one small table, and one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Order(StrEnum):
    """What a person asks for with a key."""

    RESTART = "restart"
    OPEN = "open"
    WHY = "why"
    QUIT = "quit"
    HELP = "help"


ORDERS = {"r": Order.RESTART, "o": Order.OPEN, "w": Order.WHY, "q": Order.QUIT, "?": Order.HELP, "h": Order.HELP}
HELP = (
    "r  restart a service, or all",
    "o  open the dashboard in a browser",
    "w  why: what the last save has led to",
    "q  quit; so does Ctrl-C",
    "?  this",
)
ALL, ENTER, ERASE, ESCAPE = "a", ("\r", "\n"), ("\x7f", "\x08"), "\x1b"


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a key has led to: an order with the services that it is about, or a question that is open."""

    order: Order | None = None
    names: tuple[str, ...] = ()
    asked: str | None = None  # which service to restart; the digits typed so far


def press(asked: str | None, key: str, names: Sequence[str]) -> Pressed:
    """Return what a key leads to. `asked` is what the last one left open; `names` are the services'."""
    if asked is not None:
        return _chosen(asked, key, names)
    order = ORDERS.get(key.lower())
    if order is Order.RESTART and len(names) > 1:
        return Pressed(asked="")
    return Pressed(order, tuple(names) if order is Order.RESTART else ())


def question(asked: str, names: Sequence[str]) -> str:
    """Return the question which service to restart, with the keys that answer it."""
    numbered = "  ".join(f"{number} {name}" for number, name in enumerate(names, 1) if str(number).startswith(asked))
    return f"restart {asked}: {numbered}  Enter" if asked else f"restart: a all  {numbered}  Esc"


def _chosen(digits: str, key: str, names: Sequence[str]) -> Pressed:
    """Return what a key answers; one that is no answer takes the question back."""
    if key in ENTER and digits:
        return Pressed(Order.RESTART, (names[int(digits) - 1],))
    if not digits and (key.lower() == ALL or key in ENTER):
        return Pressed(Order.RESTART, tuple(names))
    if key in ERASE and digits:
        return Pressed(asked=digits[:-1])
    if not (key.isascii() and key.isdigit()):
        return Pressed()
    number = int(digits + key)
    if not 1 <= number <= len(names):
        return Pressed(asked=digits)
    if number * 10 <= len(names):  # more digits may follow
        return Pressed(asked=str(number))
    return Pressed(Order.RESTART, (names[number - 1],))
