import pytest

from devserve.live.absent import LONGEST_LOAD, Absent
from devserve.live.protocol import reload

A, B = reload("/a.css"), reload("/b.css")
LOAD = reload("/", live_css=False)


@pytest.fixture
def absent():
    absent = Absent()
    absent.left(0.0, "https://web.test/", {"web"})
    return absent


def test_a_page_that_is_back_hears_what_it_missed_once(absent):
    absent.told(0.1, "web", [A])
    absent.told(0.2, "mail", [LOAD])
    absent.told(0.3, "web", [B])
    assert absent.back(0.4, "https://web.test/other") == ()
    assert absent.back(0.4, "https://web.test/") == (A, B)
    assert absent.back(0.4, "https://web.test/") == ()


def test_what_it_may_not_have_heard_before_it_left_comes_first():
    absent = Absent()
    absent.left(0.0, "https://web.test/", {"web"}, [A])
    absent.told(0.1, "web", [B])
    assert absent.back(0.2, "https://web.test/") == (A, B)


def test_each_of_two_pages_at_one_url_is_remembered(absent):
    absent.told(0.1, "web", [A])
    absent.left(0.2, "https://web.test/", {"web"})
    absent.told(0.3, "web", [B])
    assert [absent.back(0.4, "https://web.test/") for _ in range(3)] == [(A, B), (B,), ()]


def test_a_page_that_stays_away_is_forgotten(absent):
    absent.told(0.1, "web", [A])
    assert absent.back(LONGEST_LOAD, "https://web.test/") == ()
    assert repr(absent) == "<Absent 0 pages>"


def test_to_load_itself_swallows_all_else(absent):
    for message in (A, LOAD, B):
        absent.told(0.1, "web", [message])
    assert absent.back(0.2, "https://web.test/") == (LOAD,)
