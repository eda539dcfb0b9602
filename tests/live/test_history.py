import pytest

from devserve.live.history import COMES_BACK, Did, History

URL = "https://web.test/"


def test_a_page_that_loads_itself_comes_back():
    history = History()
    history.told(10.0, "web", [URL], loads=True)
    history.came(10.4, URL)
    (did,) = history.between("web", 9.9, 10.0)
    assert (did.url, did.loads) == (URL, True)
    assert did.back == pytest.approx(0.4)


@pytest.mark.parametrize("arrival", [(9.0, URL), (10.0 + COMES_BACK + 1, URL), (10.1, "https://other.test/")])
def test_other_arrivals_are_not_its_return(arrival):
    history = History()
    history.told(10.0, "web", [URL], loads=True)
    history.came(*arrival)
    assert history.between("web", 9.9, 10.0) == [Did(URL, loads=True)]


def test_a_page_that_swaps_a_stylesheet_stays():
    history = History()
    history.told(10.0, "web", [URL], loads=False)
    history.came(10.1, URL)
    assert history.between("web", 10.0, 10.0) == [Did(URL)]


@pytest.mark.parametrize(("service", "first", "last"), [("api", 10.0, 10.0), ("web", 11.0, 12.0), ("web", 8.0, 9.0)])
def test_only_the_pages_of_that_service_and_time(service, first, last):
    history = History()
    history.told(10.0, "web", [URL], loads=True)
    assert history.between(service, first, last) == []


def test_nobody_was_told():
    history = History()
    history.told(10.0, "web", [], loads=True)
    assert history.between("web", 10.0, 10.0) == []
