"""What hostile or broken upstreams send: the table of reliability.md 4b, through the real proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.conformance_client import AFTER, Client
from support.conformance_responses import CASES, Case
from support.conformance_stage import Stage, staged
from support.conformance_upstream import Play, Player
from support.wire import byte_by_byte, head

FEEDS = [pytest.param(case, feed, id=f"{case.name}-{feed}") for case in CASES for feed in case.feeds]
WHOLE = {
    "length": head("HTTP/1.1 200 OK", "Content-Length: 4") + b"body",
    "chunks": head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + b"4\r\nbody\r\n0\r\nX-Sum: 9\r\n\r\n",
    "interim": head("HTTP/1.1 103 Early Hints", "Link: </a>") + head("HTTP/1.1 200 OK", "Content-Length: 0"),
}


@pytest.fixture(scope="module")
def player() -> Player:
    return Player()


@pytest.fixture(scope="module")
def stage(player: Player) -> Iterator[Stage]:
    with staged(player.script) as set_stage:
        yield set_stage


async def asked(stage: Stage, method: bytes = b"GET", version: bytes = b"1.1") -> Client:
    """Ask for the next play."""
    async with Client.to(stage.proxy) as client:
        await client.send([b"%b /case HTTP/%b\r\nHost: web.test\r\nConnection: close\r\n\r\n" % (method, version)])
        await client.answered([method])
        assert await client.ended()
    return client


async def after(stage: Stage) -> None:
    """Somebody else asks, and gets the right answer."""
    async with Client.to(stage.proxy) as client:
        await client.send([AFTER])
        assert await client.answered([b"GET"])
    assert (client.answers[0].status, client.answers[0].body) == (200, b"ok")


@pytest.mark.parametrize(("case", "feed"), FEEDS)
def test_an_answer_goes_through_whole_or_is_seen_to_break(stage, player, case: Case, feed):
    player.served.clear()
    player.plays.append(Play(case.pieces(feed), close=case.end))
    client = stage.run(asked(stage, case.method))
    stage.run(after(stage))

    assert client.broken is case.broken
    if not case.broken:
        (answer,) = client.answers
        assert answer.status == case.status
        assert tuple(answer.interim) == case.interim or (case.status == 502 and case.interim == ())
        assert answer.body == case.body or case.status == 502
        assert tuple(field for field in answer.fields if field in case.fields) == case.fields
        assert not {name.lower() for name, _ in answer.fields} & {*case.never, b"x-once", b"keep-alive"}
        assert tuple(answer.trailers) == case.trailers
        assert len(answer.all(b"content-length")) <= 1
    (first, _), (second, _) = player.served
    assert (first == second) is (case.reused and feed != "with trailing bytes")
    stage.check()


@pytest.mark.parametrize("wire", WHOLE.values(), ids=WHOLE)
def test_an_upstream_that_closes_at_any_byte_is_never_a_clean_end(stage, player, wire):
    for cut in range(len(wire)):
        player.plays.append(Play([wire[:cut]], close=True))
        client = stage.run(asked(stage))
        if client.answers:
            assert client.broken or client.answers[0].status == 502, wire[:cut]
        else:
            assert client.broken, wire[:cut]
    stage.run(after(stage))
    stage.check()


@pytest.mark.parametrize(
    ("wire", "end", "body"),
    [
        (WHOLE["chunks"], False, b"body"),
        (WHOLE["length"], False, b"body"),
        (head("HTTP/1.1 200 OK") + b"body", True, b"body"),
        (WHOLE["interim"], False, b""),
    ],
)
def test_an_old_client_gets_what_it_understands(stage, player, wire, end, body):
    player.plays.append(Play(byte_by_byte(wire), close=end))
    client = stage.run(asked(stage, version=b"1.0"))
    (answer,) = client.answers
    assert (answer.status, answer.body, answer.interim) == (200, body, [])
    assert answer.all(b"transfer-encoding") == []
    assert answer.all(b"connection") == [b"close"]


@pytest.mark.parametrize(
    "wire",
    [
        head("HTTP/1.1 200 OK", "Content-Length: 9") + b"body",
        head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + b"4\r\nbody\r\n",
    ],
)
def test_an_old_client_sees_a_broken_answer_as_a_reset(stage, player, wire):
    async def conversation() -> None:
        player.plays.append(Play([wire], close=True))
        async with Client.to(stage.proxy) as client:
            await client.send([b"GET / HTTP/1.0\r\nHost: web.test\r\n\r\n"])
            with pytest.raises(ConnectionResetError):
                await client.reader.read()

    stage.run(conversation())
