"""One connection that gives the proxy very much to do at once does not keep the loop from all others."""

from __future__ import annotations

import asyncio

import pytest

from support.conformance_stage import staged
from support.proxied import Proxy, head_of
from support.wire import head

CRUMBS = b"1\r\na\r\n" * 40_000  # below what a stream keeps, so that all of it may have come at once
REQUESTS = 400
CHUNKED = "Transfer-Encoding: chunked"
ASKED = head("GET / HTTP/1.1", "Host: web.test")


async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if b"POST" in await head_of(reader):
        while not (await reader.read(1 << 20)).endswith(b"0\r\n\r\n"):
            pass
        writer.write(head("HTTP/1.1 204 No Content"))
    else:
        writer.write(head("HTTP/1.1 200 OK", CHUNKED) + CRUMBS + b"0\r\n\r\n")
    await reader.read()


async def turns_until(proxy: Proxy, wire: bytes, end: bytes, count: int) -> int:
    """Send this at once; return how often somebody else had a turn until so many ends of answers had come."""
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    reader, writer = await proxy.open()
    other = asyncio.ensure_future(take_turns())  # noqa: TID251
    writer.write(wire)
    answer = b""
    while answer.count(end) < count:
        answer += await reader.read(1 << 20)
    other.cancel()
    writer.close()
    return turns


@pytest.mark.parametrize(
    ("wire", "end", "count", "turns"),
    [
        (head("POST / HTTP/1.1", "Host: web.test", CHUNKED) + CRUMBS + b"0\r\n\r\n", b"204 No Content\r\n\r\n", 1, 150),
        (ASKED, b"0\r\n\r\n", 1, 150),
        (ASKED.replace(b"web", b"other") * REQUESTS, b"HTTP/1.1 503", REQUESTS, REQUESTS),
    ],
    ids=["an upload of tiny chunks", "a download of tiny chunks", "requests that are answered at once"],
)
def test_others_have_their_turn(wire, end, count, turns):
    with staged(script) as stage:
        assert stage.run(turns_until(stage.proxy, wire, end, count)) >= turns
        stage.check()
