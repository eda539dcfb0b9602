import asyncio
from time import perf_counter

import pytest

from devserve.http1 import Data, Headers, Request, Response
from devserve.io.proxy.access import Entry
from devserve.proxy.access import Access
from support.proxied import answering, proxied, run, until

LATE = 0.1  # seconds
GET = b"GET /a?token=secret HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
REQUEST = Request(b"PUT", b"/", Headers([(b"Host", b"web.test")]))


def test_counts_bytes_both_ways_and_knows_the_answer():
    entry = Entry(REQUEST)
    entry.asks()
    for event in (Data(b"abc"), Data(b"d")):
        entry.received(event)
    entry.answered()
    entry.sent(Response(201, Headers([(b"X-Devserve", b"injected")])))
    entry.sent(Data(b"12345"))
    record = entry.record()
    assert (record.method, record.status, record.received, record.sent, record.verdict) == (
        "PUT",
        201,
        4,
        5,
        "injected",
    )
    assert record.upstream_seconds is not None
    assert record.total_seconds >= record.held_seconds + record.upstream_seconds


def test_what_was_not_held_says_nothing_of_it():
    entry = Entry(REQUEST)
    entry.asks()
    assert entry.record().held_seconds == 0.0
    entry.waited()
    assert entry.record().held_seconds > 0.0


def test_the_first_end_counts():
    entry = Entry(REQUEST)
    entry.end()
    seconds = entry.seconds
    entry.end()
    assert entry.seconds == seconds


def test_an_exchange_without_an_answer_has_no_status():
    assert Entry(REQUEST).record().status == 0


@pytest.mark.parametrize(
    ("host", "service", "status", "sent"),
    [(b"web.test", "web", 200, 2), (b"other.test", "devserve", 503, None)],
)
def test_each_exchange_is_told_once_when_it_has_ended(host, service, status, sent):
    async def conversation() -> None:
        told: list[Access] = []
        async with proxied(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as proxy:
            proxy.site.ended = lambda entry: told.append(entry.record())
            await proxy.ask(GET % host)
            await until(lambda: bool(told))
        (record,) = told
        assert (record.service, record.status, record.target) == (service, status, "/a?token=secret")
        assert sent is None or record.sent == sent
        assert (record.upstream_seconds is None) is (service == "devserve")

    run(conversation())


@pytest.mark.parametrize("wire", [b"no request\r\n\r\n", GET % b"web.test" + b"GET /secret\x00 HTTP/1.1\r\n\r\n"])
def test_what_was_no_request_is_told_too_and_nothing_of_it_quoted(wire):
    async def conversation() -> None:
        told: list[Access] = []
        async with proxied(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as proxy:
            proxy.site.ended = lambda entry: told.append(entry.record())
            await proxy.ask(wire.replace(b"Connection: close\r\n", b""))
            await until(lambda: bool(told) and told[-1].status == 400)
        assert (told[-1].service, told[-1].method, told[-1].target) == ("devserve", "", "")
        assert told[-1].sent > 0

    run(conversation())


def test_how_long_a_client_takes_to_close_is_not_counted():
    async def conversation() -> None:
        told: list[Access] = []
        async with proxied(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as proxy:
            proxy.site.ended = lambda entry: told.append(entry.record())
            reader, writer = await proxy.open()
            writer.write(GET % b"web.test")
            await reader.read()
            read = perf_counter()
            await until(lambda: perf_counter() - read > LATE)
            writer.close()
            await until(lambda: bool(told))
        assert told[0].total_seconds < LATE

    run(conversation())


def test_a_client_that_left_is_told_too():
    async def conversation() -> None:
        told: list[Access] = []

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with proxied(silent) as proxy:
            proxy.site.ended = lambda entry: told.append(entry.record())
            _, writer = await proxy.open()
            writer.write(GET % b"web.test")
            await until(lambda: bool(proxy.connections))
            writer.close()
            await until(lambda: bool(told))
        assert told[0].status == 0

    run(conversation())


def test_the_bytes_of_a_tunnel_are_counted():
    handshake = (
        b"GET /ws HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
        while data := await reader.read(100):
            writer.write(data * 2)

    async def conversation() -> None:
        told: list[Access] = []
        async with proxied(script) as proxy:
            proxy.site.ended = lambda entry: told.append(entry.record())
            reader, writer = await proxy.open()
            writer.write(handshake + b"12")
            await reader.readuntil(b"early1212")
            writer.write(b"345")
            await reader.readexactly(6)
            writer.close()
            await until(lambda: bool(told))
        assert (told[0].status, told[0].received, told[0].sent) == (101, 5, 15)

    run(conversation())
