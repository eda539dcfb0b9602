"""Requests that wait while their service starts: in order, and bounded in number, time and bytes."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import pytest

from devserve.io.proxy.streams import HIGH_WATER
from devserve.proxy import hold
from support.conformance_client import Client, reset
from support.conformance_stage import staged
from support.proxied import Proxy, head_of, until
from support.wire import head

MANY = 50


async def asked(proxy: Proxy, number: int) -> tuple[int, list[bytes]]:
    """Ask for a page of this number; return the status and Retry-After."""
    async with Client.to(proxy) as client:
        await client.send([head(f"GET /{number} HTTP/1.1", "Host: web.test")])
        await client.answered([b"GET"])
    return client.answers[0].status, client.answers[0].all(b"retry-after")


async def waiting(proxy: Proxy, count: int) -> None:
    await until(lambda: proxy.site.served["web"].waiting == count)


def test_requests_that_waited_go_through_in_order():
    async def conversation(proxy: Proxy) -> None:
        proxy.backend.ready = False
        asking = []
        for number in range(MANY):
            asking.append(asyncio.ensure_future(asked(proxy, number)))  # noqa: TID251
            await waiting(proxy, number + 1)
        proxy.backend.become(ready=True)
        assert {status for status, _ in await asyncio.gather(*asking)} == {200}
        assert proxy.site.served["web"].waiting == 0

    with staged() as stage:
        stage.run(conversation(stage.proxy))
        assert [int(target[1:]) for _, target, _ in stage.recorder.whole] == list(range(MANY))
        stage.check()


def test_no_more_than_the_bound_wait_and_the_rest_hears_when_to_come_back(monkeypatch):
    monkeypatch.setattr(hold, "MOST_WAITING", 3)

    async def conversation(proxy: Proxy) -> None:
        proxy.backend.ready = False
        asking = [asyncio.ensure_future(asked(proxy, number)) for number in range(3)]  # noqa: TID251
        await waiting(proxy, 3)
        assert await asked(proxy, 9) == (503, [b"1"])
        proxy.backend.become(ready=True)
        assert [status for status, _ in await asyncio.gather(*asking)] == [200] * 3

    with staged() as stage:
        stage.run(conversation(stage.proxy))
        assert len(stage.recorder.whole) == 3
        stage.check()


def test_who_has_waited_long_enough_hears_when_to_come_back():
    async def conversation(proxy: Proxy) -> None:
        proxy.backend.ready = False
        asking = asyncio.ensure_future(asked(proxy, 1))  # noqa: TID251
        await waiting(proxy, 1)
        proxy.backend.become(ready=False)  # it is still coming, and the wait is over
        assert await asking == (503, [b"1"])
        assert proxy.site.served["web"].waiting == 0

    with staged() as stage:
        stage.run(conversation(stage.proxy))
        assert stage.recorder.whole == []
        stage.check()


def test_what_waits_with_a_large_body_is_not_read():
    """However much a client would send, the proxy holds a bounded part of it."""

    async def conversation(proxy: Proxy) -> None:
        proxy.backend.ready = False
        _, writer = await proxy.open()
        writer.write(head("POST / HTTP/1.1", "Host: web.test", "Content-Length: 100000000"))
        with suppress(TimeoutError):
            for _ in range(1000):
                writer.write(b"x" * 100_000)
                await asyncio.wait_for(writer.drain(), 0.1)
        (stream,) = proxy.sweeper._streams
        assert 0 < stream._buffered <= 2 * HIGH_WATER  # one read may come on top
        reset(writer)
        proxy.backend.become(ready=True)
        await until(lambda: stream.lost)

    with staged() as stage:
        stage.run(conversation(stage.proxy))
        assert stage.recorder.whole == []
        stage.check()


@pytest.mark.parametrize("resets", [True, False])
def test_a_client_that_left_while_it_waited_makes_room_and_is_not_asked_for(resets):
    async def conversation(proxy: Proxy) -> None:
        proxy.backend.ready = False
        _, writer = await proxy.open()
        writer.write(head("GET /left HTTP/1.1", "Host: web.test"))
        await waiting(proxy, 1)
        reset(writer) if resets else writer.close()
        await waiting(proxy, 0)
        proxy.backend.become(ready=True)
        assert await asked(proxy, 1) == (200, [])
        await until(lambda: all(stream.lost for stream in proxy.sweeper._streams if stream.address and stream.eof))

    with staged() as stage:
        stage.run(conversation(stage.proxy))
        assert [target for _, target, _ in stage.recorder.whole] == [b"/1"]
        stage.check()


def test_a_websocket_waits_too():
    handshake = head("GET / HTTP/1.1", "Host: web.test", "Connection: Upgrade", "Upgrade: websocket",
                     "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")  # fmt: skip

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(head("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket") + b"hello")
        await reader.read()

    async def conversation(proxy: Proxy) -> None:
        proxy.backend.ready = False
        reader, writer = await proxy.open()
        writer.write(handshake)
        await waiting(proxy, 1)
        proxy.backend.become(ready=True)
        assert re.match(rb"HTTP/1.1 101 ", await head_of(reader))
        assert await reader.readexactly(5) == b"hello"
        writer.close()

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()
