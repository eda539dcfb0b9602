import asyncio

from devserve.hub import backlog
from devserve.hub.orders import Line, Note
from devserve.io.hub.followers import Followers
from support.running import on_both_loops


def texts(lines):
    return [line.text for line in lines]


@on_both_loops
def test_each_line_is_shown_and_followed(run):
    async def scenario():
        shown = []
        followers = Followers(lambda service, text: shown.append((service, text)))
        followers.line("web", "before")
        with followers.following({"web", "api"}) as both, followers.following({"api"}) as one:
            followers.line("web", "a")
            followers.line("api", "b")
            followers.line("mail", "c")
            assert texts(await both.lines()) == ["a", "b"]
            assert texts(await one.lines()) == ["b"]
            followers.line("web", "d")
            (line,) = await both.lines()
            assert line == Line("web", "d", line.at)
            assert line.at > 0
        assert [text for _, text in shown] == ["before", "a", "b", "c", "d"]
        assert repr(followers) == "<Followers 0>"

    run(scenario())


def test_who_waits_is_woken():
    async def scenario():
        followers = Followers(lambda service, text: None)
        with followers.following({"web"}) as follower:
            asyncio.get_running_loop().call_soon(followers.line, "web", "a")
            assert texts(await follower.lines()) == ["a"]

    asyncio.run(scenario())


def test_a_slow_reader_misses_lines_and_is_told(monkeypatch):
    monkeypatch.setattr(backlog, "MOST_LINES", 1)

    async def scenario():
        followers = Followers(lambda service, text: None)
        with followers.following({"web"}) as follower:
            for text in "abc":
                followers.line("web", text)
            note, line = await follower.lines()
            assert isinstance(note, Note)
            assert line.text == "c"

    asyncio.run(scenario())
