"""Keys and what they lead to."""

from __future__ import annotations

import pytest

from devserve.run.keys import HELP, ORDERS, Order, Pressed, press, question

TWO = ("web", "shop")
MANY = tuple(f"s{number}" for number in range(1, 13))


def presses(keys, names):
    """Return what a row of keys leads to in the end."""
    found = Pressed()
    for key in keys:
        found = press(found.asked, key, names)
    return found


@pytest.mark.parametrize(
    ("keys", "names", "order", "about"),
    [
        ("o", TWO, Order.OPEN, ()),
        ("w", TWO, Order.WHY, ()),
        ("q", TWO, Order.QUIT, ()),
        ("?", TWO, Order.HELP, ()),
        ("h", TWO, Order.HELP, ()),
        ("Q", TWO, Order.QUIT, ()),
        ("x", TWO, None, ()),
        ("\x1b[A", TWO, None, ()),
        ("r", ("web",), Order.RESTART, ("web",)),
        ("r2", TWO, Order.RESTART, ("shop",)),
        ("ra", TWO, Order.RESTART, TWO),
        ("r\r", TWO, Order.RESTART, TWO),
        ("r\x1b", TWO, None, ()),
        ("rx", TWO, None, ()),
        ("r3", TWO, None, ()),
        ("r31", TWO, Order.RESTART, ("web",)),
        ("r0", TWO, None, ()),
        ("r²", TWO, None, ()),
        ("r12", MANY, Order.RESTART, ("s12",)),
        ("r1\r", MANY, Order.RESTART, ("s1",)),
        ("r1\x7f2", MANY, Order.RESTART, ("s2",)),
        ("r1\x1b", MANY, None, ()),
        ("rr", TWO, None, ()),
    ],
)
def test_keys_lead_to_orders(keys, names, order, about):
    found = presses([keys] if keys.startswith("\x1b[") else keys, names)
    assert (found.order, found.names) == (order, about)


@pytest.mark.parametrize(
    ("keys", "asked"), [("r", ""), ("r3", ""), ("r1", None), ("r\x1b", None), ("rx", None), ("r\x7f", None)]
)
def test_a_question_stays_open_until_it_is_answered_or_taken_back(keys, asked):
    assert presses(keys, TWO).asked == asked


def test_the_question_names_the_keys():
    assert question("", TWO) == "restart: a all  1 web  2 shop  Esc"
    assert question("1", MANY) == "restart 1: 1 s1  10 s10  11 s11  12 s12  Enter"


def test_help_has_every_order():
    assert {line[0] for line in HELP} == set(ORDERS) - {"h"}
