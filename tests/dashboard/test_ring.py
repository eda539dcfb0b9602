from dataclasses import dataclass

import pytest

from devserve.dashboard.ring import MOST_HEADS, Exchanges


@dataclass
class Exchange:
    target: str = "/"
    kept_bytes: int = 0
    head_bytes: int = 100

    def forget_bodies(self) -> None:
        self.kept_bytes = 0

    def forget_heads(self) -> None:
        self.target, self.head_bytes = "", 0


def numbers(ring: Exchanges[Exchange], after: int = 0, most: int = 100) -> list[int]:
    return [number for number, _ in ring.after(after, most)]


def test_the_oldest_goes_to_make_room():
    ring = Exchanges(most=3)
    for place in range(5):
        ring.add(Exchange(f"/{place}"))
    assert [exchange.target for _, exchange in ring.after(0, 100)] == ["/2", "/3", "/4"]
    assert numbers(ring) == [3, 4, 5]


@pytest.mark.parametrize(
    ("after", "most", "expected"),
    [(0, 100, [1, 2, 3, 4]), (2, 100, [3, 4]), (4, 100, []), (9, 100, []), (0, 2, [3, 4]), (3, 2, [4])],
)
def test_gives_the_newest_that_came_after_a_number(after, most, expected):
    ring = Exchanges()
    for _ in range(4):
        ring.add(Exchange())
    assert numbers(ring, after, most) == expected


@pytest.mark.parametrize(("number", "target"), [(0, None), (1, None), (2, "/1"), (4, "/3"), (5, None)])
def test_finds_by_number_while_it_is_kept(number, target):
    ring = Exchanges(most=3)
    for place in range(4):
        ring.add(Exchange(f"/{place}"))
    found = ring.find(number)
    assert (found.target if found else None) == target


def test_the_bodies_of_all_have_one_bound():
    ring = Exchanges(most=10, most_bodies=25)
    for _ in range(4):
        ring.add(Exchange(kept_bytes=10))
        ring.add(Exchange())
    assert [exchange.kept_bytes for _, exchange in ring.after(0, 100)] == [0, 0, 0, 0, 10, 0, 10, 0]
    assert "20 bytes of bodies" in repr(ring)


def test_what_leaves_takes_its_body_along():
    ring = Exchanges(most=2, most_bodies=1000)
    for _ in range(5):
        ring.add(Exchange(kept_bytes=3))
    assert "6 bytes of bodies" in repr(ring)


def test_bodies_are_forgotten_when_nobody_looks():
    ring = Exchanges()
    ring.add(Exchange(kept_bytes=6))
    ring.forget_bodies()
    assert ring.after(0, 9)[0][1].kept_bytes == 0
    assert "0 bytes of bodies" in repr(ring)


def test_a_head_that_is_too_long_is_not_kept():
    ring = Exchanges()
    ring.add(Exchange(head_bytes=MOST_HEADS + 1))
    ring.add(Exchange(head_bytes=MOST_HEADS))
    assert [exchange.target for _, exchange in ring.after(0, 9)] == ["", "/"]
