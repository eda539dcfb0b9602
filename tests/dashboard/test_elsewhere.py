import pytest

from devserve.dashboard.elsewhere import Elsewhere, name_of, parted
from devserve.dashboard.ring import MOST_EXCHANGES
from devserve.errors import RemoteProtocolError

STEP = {"what": "restart", "service": "api", "ms": 3.0}
NEWS = {
    "services": [{"id": "web", "name": "web", "needs": ["api"]}],
    "tabs": [{"service": "web", "url": "https://web.test/"}],
    "open": [{"service": "web", "kind": "sse", "count": 2}],
    "exchanges": [{"id": 3, "service": "web"}, {"id": 4, "service": "devserve"}],
    "chains": [{"service": "web", "steps": [STEP], "tabs": [{"service": "web", "url": "/"}]}],
}


@pytest.mark.parametrize(
    ("name", "whose", "own"),
    [
        ("7:web", "7", "web"),
        ("7:shop/web", "7", "shop/web"),
        ("7:12", "7", "12"),
        ("12", "", "12"),
        ("web", "", "web"),
        ("shop:web", "", "shop:web"),
        ("²:web", "", "²:web"),
        (":web", "", ":web"),
        ("", "", ""),
    ],
)
def test_a_name_says_whose_something_is(name, whose, own):
    assert parted(name) == (whose, own)
    assert name_of(whose, own) == name


def test_everything_gets_a_name_that_nothing_here_has():
    source = Elsewhere("7")
    source.hear(NEWS)
    assert source.services() == [{"id": "7:web", "name": "web", "needs": ["7:api"], "devserve": "7"}]
    assert source.tabs() == [{"service": "7:web", "url": "https://web.test/", "devserve": "7"}]
    assert source.under_way()[0]["service"] == "7:web"
    assert [(row["id"], row["service"]) for row in source.exchanges(0, 100)] == [
        ("7:3", "7:web"),
        ("7:4", "devserve"),  # devserve's own pages are called so everywhere
    ]
    (chain,) = source.chains()
    assert (chain["service"], chain["steps"][0]["service"], chain["tabs"][0]["service"]) == ("7:web", "7:api", "7:web")


def test_exchanges_are_kept_for_those_who_come_later_and_bounded():
    source = Elsewhere("7")
    for number in range(1, MOST_EXCHANGES + 11):
        source.hear({"exchanges": [{"id": number, "service": "web"}]})
    assert source.latest == MOST_EXCHANGES + 10
    assert len(source.exchanges(0, 10_000)) == MOST_EXCHANGES
    assert [row["id"] for row in source.exchanges(source.latest - 5, 2)] == ["7:509", "7:510"]


def test_what_is_not_said_again_has_gone_but_chains_stay():
    source = Elsewhere("7")
    source.hear(NEWS)
    before = source.changes
    source.hear({"services": []})
    assert (source.services(), source.tabs()) == ([], [])
    assert (len(source.chains()), source.changes) == (1, before)


@pytest.mark.parametrize(
    "news", [{"services": 3}, {"services": ["web"]}, {"exchanges": [{"service": "web"}]}, {"chains": None}]
)
def test_what_is_no_news_is_refused(news):
    with pytest.raises(RemoteProtocolError):
        Elsewhere("7").hear(news)
