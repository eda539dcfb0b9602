from dataclasses import dataclass, field

from devserve.dashboard.news import MOST_ROWS, Onlooker


@dataclass
class Told:
    """A source of news with this to tell."""

    name: str
    latest: int = 0
    changes: int = 0
    kept: int = 1000
    rows: list[dict[str, object]] = field(default_factory=list)

    def services(self):
        return [{"id": self.name}]

    def tabs(self):
        return [{"service": self.name}]

    def under_way(self):
        return [{"service": self.name}]

    def exchanges(self, after, most):
        return [{"id": number} for number in range(max(after, self.latest - self.kept) + 1, self.latest + 1)][-most:]

    def chains(self):
        return [{"service": self.name, "number": self.changes}]


def numbers(news):
    return [each["id"] for each in news.get("exchanges", [])]


def test_what_stands_is_told_each_time_and_what_has_come_once():
    onlooker, web = Onlooker(), Told("web", latest=2)
    first = onlooker.news({"": web})
    assert (numbers(first), first["skipped"], first["chains"]) == ([1, 2], 0, [{"service": "web", "number": 0}])
    second = onlooker.news({"": web})
    assert second.keys() == {"devserves", "services", "tabs", "open"}
    web.latest, web.changes = 3, 1
    third = onlooker.news({"": web})
    assert (numbers(third), third["chains"]) == ([3], [{"service": "web", "number": 1}])


def test_only_the_newest_exchanges_are_told_and_the_others_counted():
    onlooker, web = Onlooker(), Told("web", latest=500)
    assert len(numbers(onlooker.news({"": web}))) == MOST_ROWS
    web.latest = 1000
    news = onlooker.news({"": web})
    assert (numbers(news)[0], news["skipped"]) == (901, 400)


def test_several_devserves_are_told_of_together_and_one_that_comes_or_goes_changes_the_chains():
    onlooker, web, mail = Onlooker(), Told("web", latest=1), Told("mail", latest=7, kept=1)
    onlooker.news({"": web})
    both = onlooker.news({"": web, "7": mail})
    assert both["devserves"] == ["", "7"]
    assert [each["id"] for each in both["services"]] == ["web", "mail"]
    assert numbers(both) == [7]
    assert [each["service"] for each in both["chains"]] == ["web", "mail"]
    alone = onlooker.news({"": web})
    assert (alone["devserves"], [each["service"] for each in alone["chains"]]) == ([""], ["web"])
    again = onlooker.news({"": web, "7": Told("mail", latest=1)})  # another process has got its pid
    assert (numbers(again), again["skipped"]) == ([1], 0)
