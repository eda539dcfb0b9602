"""What a client may send, and what must be refused: reliability.md 4a, through the real proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.conformance_client import AFTER, REQUEST_AFTER, Client
from support.conformance_requests import CASES, Case
from support.conformance_stage import Stage, staged
from support.wire import byte_by_byte

FEEDS = [pytest.param(case, feed, id=f"{case.name}-{feed}") for case in CASES for feed in case.feeds]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as set_stage:
        yield set_stage


def pieces(case: Case, feed: str) -> list[bytes]:
    if feed == "byte by byte":
        return byte_by_byte(case.wire)
    return [case.wire + AFTER] if feed == "with trailing bytes" else [case.wire]


async def converse(stage: Stage, case: Case, feed: str) -> tuple[Client, bool]:
    """Send the case, and another request behind it; tell whether that one was answered too."""
    async with Client.to(stage.proxy) as client:
        await client.send(pieces(case, feed), end=case.end)
        kept = await client.answered([case.method])
        if kept and not case.end:
            if feed != "with trailing bytes":
                await client.send([AFTER])
            kept = await client.answered([b"GET"])
        if not kept or case.end:
            kept = not await client.ended()
    return client, kept


async def still_serving(stage: Stage) -> None:
    """The proxy answers somebody else; whatever went upstream before this has arrived by then."""
    async with Client.to(stage.proxy) as client:
        await client.send([AFTER.replace(b"/after", b"/else")])
        assert await client.answered([b"GET"])


@pytest.mark.parametrize(("case", "feed"), FEEDS)
def test_a_request_goes_through_whole_or_not_at_all(stage, case, feed):
    stage.recorder.forget()
    client, kept = stage.run(converse(stage, case, feed))
    stage.run(still_serving(stage))

    statuses = [answer.status for answer in client.answers]
    assert statuses[:1] == [case.status] or (case.end and statuses == [])
    assert all(answer.whole for answer in client.answers)
    assert not client.broken
    if case.kept is not None:
        assert kept is case.kept
    if not kept and statuses:
        assert b"close" in client.answers[-1].all(b"connection")
    reached = [*case.reached, *([REQUEST_AFTER] if kept else []), (b"GET", b"/else", b"")]
    assert stage.recorder.whole == reached
    for line in case.upstream:
        assert b"\r\n" + line + b"\r\n" in stage.recorder.raw
    for bytes_ in case.never:
        assert bytes_ not in stage.recorder.raw
    stage.check()


def test_an_old_client_sees_no_interim_response(stage):
    async def conversation() -> list[int]:
        head = b"POST / HTTP/1.0\r\nHost: web.test\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        async with Client.to(stage.proxy) as client:
            await client.send([head, b"a"])
            await client.answered([b"POST"])
        return client.answers[0].interim

    assert stage.run(conversation()) == []


def test_a_refused_version_of_websocket_names_the_one_that_is_spoken(stage):
    case = next(case for case in CASES if case.name == "a WebSocket of version 8")
    client, _ = stage.run(converse(stage, case, "whole"))
    assert client.answers[0].all(b"sec-websocket-version") == [b"13"]  # RFC 6455, section 4.4
    assert client.answers[0].all(b"upgrade") == [b"websocket"]  # RFC 9110, section 15.5.22


def test_a_request_that_is_refused_does_not_quote_what_it_held(stage):
    async def conversation() -> bytes:
        wire = b"GET /?token=secret HTTP/1.1\r\nHost: web.test\r\nCookie: secret\x00\r\n\r\n"
        return await stage.proxy.ask(wire)

    assert b"secret" not in stage.run(conversation())
