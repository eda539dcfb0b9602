"""Each timeout of a service ends what makes no progress, and nothing else."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest

from devserve.config.values import Timeouts
from devserve.io.proxy import answers
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.tasks import spawn
from support.proxied import Proxy, answering, head_of, proxied, run, until

GET = b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n"
PAGE = GET.replace(b"\r\n\r\n", b"\r\nAccept: text/html\r\n\r\n")
CLOSING = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
SOON = 0.05


@pytest.fixture(autouse=True)
def impatient(monkeypatch) -> None:
    monkeypatch.setattr(Sweeper, "PERIOD", 0.02)


async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def closed(reader: asyncio.StreamReader) -> None:
    """Return once the proxy has ended the connection, with a reset if bytes of ours crossed its end."""
    with suppress(ConnectionResetError):
        assert await reader.read() == b""


async def warm(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection that has had one exchange with the service."""
    reader, writer = await proxy.open()
    writer.write(GET)
    assert (await head_of(reader)).startswith(b"HTTP/1.1 204")
    return reader, writer


def test_a_service_that_never_answers_is_given_up():
    async def conversation() -> None:
        async with proxied(never, timeouts=Timeouts(answer=SOON)) as proxy:
            assert (await proxy.ask(CLOSING)).startswith(b"HTTP/1.1 504 ")

    run(conversation())


@pytest.mark.parametrize(
    ("timeouts", "begun"),
    [(Timeouts(idle=SOON), b""), (Timeouts(head=SOON), b"GET / HTTP/1.1\r\n"), (Timeouts(head=SOON), b"G")],
)
def test_a_kept_connection_on_which_nothing_more_comes_is_closed(timeouts, begun):
    async def conversation() -> None:
        async with proxied(answering(ANSWER), timeouts=timeouts) as proxy:
            reader, writer = await warm(proxy)
            writer.write(begun)
            await closed(reader)
            writer.close()

    run(conversation())


def test_a_head_that_comes_drop_by_drop_is_not_waited_for():
    async def conversation() -> None:
        async with proxied(answering(ANSWER), timeouts=Timeouts(head=SOON)) as proxy:
            reader, writer = await warm(proxy)
            ending = spawn(closed(reader), "reading")
            while not ending.done():
                writer.write(b"X")
                await asyncio.wait({ending}, timeout=SOON / 10)
            await ending
            writer.close()

    run(conversation())


@pytest.mark.parametrize(
    ("begun", "seconds"),
    [
        (b"", 30),
        (b"GET / HTTP/1.1\r\nHost: web.te", 30),
        (b"GET / HTTP/1.1\r\nHost: other.test\r\n", 30),
        (b"GET / HTTP/1.1\r\nX: %b\r\nHost: web.test\r\n" % (b"x" * 9000), 30),  # not near the beginning
        (b"GET / HTTP/1.1\r\nHost: web.test:80\r\n", 500),
        (b"GET http://web.test/ HTTP/1.1\r\nHost", 500),
    ],
)
def test_a_first_head_has_its_services_time_once_host_is_known(begun, seconds):
    async def conversation() -> None:
        async with proxied(answering(ANSWER), timeouts=Timeouts(head=500)) as proxy:
            _, writer = await proxy.open()
            writer.write(begun)
            await until(lambda: bool(proxy.sweeper))
            (stream,) = proxy.sweeper._streams
            await until(lambda: stream.heard == bool(begun) and not stream._chunks and stream.deadline > 0)
            assert stream.deadline - stream.loop.time() == pytest.approx(seconds, abs=5)
            writer.close()

    run(conversation())


def test_an_upload_that_stops_is_given_up():
    async def conversation() -> None:
        async with proxied(never, timeouts=Timeouts(upload=SOON)) as proxy:
            reader, writer = await proxy.open()
            writer.write(b"POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 9\r\n\r\nhalf")
            with suppress(ConnectionError):
                await reader.read()
            writer.close()

    run(conversation())


def test_a_client_that_stops_reading_is_given_up():
    left: list[bool] = []

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        left.append(True)

    async def conversation() -> None:
        async with proxied(endless, timeouts=Timeouts(download=SOON)) as proxy:
            _, writer = await proxy.open(limit=1)
            writer.write(GET)
            await until(lambda: bool(left))  # nobody reads here
            writer.transport.abort()

    run(conversation())


def test_a_client_that_reads_none_of_our_own_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(answers, "USUAL", Timeouts(download=SOON))

    async def conversation() -> None:
        async with proxied(answering(ANSWER)) as proxy:
            _, writer = await proxy.open(limit=1)
            await until(lambda: bool(proxy.sweeper))
            (stream,) = proxy.sweeper._streams
            stream._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            writer.write(PAGE.replace(b"web.test", b"other.test") * 1000)
            await until(lambda: stream.lost)  # nobody reads here
            writer.transport.abort()

    run(conversation())


def test_a_response_that_has_begun_may_last():
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(4):
            await asyncio.sleep(SOON)
            writer.write(b"event")
        writer.close()

    async def conversation() -> None:
        impatience = Timeouts(connect=SOON, head=SOON, upload=SOON, answer=SOON, download=SOON, idle=SOON)
        async with proxied(slow, timeouts=impatience) as proxy:
            reader, writer = await proxy.open()
            writer.write(GET)
            got = await reader.read()
            assert got.count(b"event") == 4
            writer.close()

    run(conversation())


def test_the_upstream_is_sent_the_host_that_is_configured():
    async def told(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(head), head))

    async def conversation() -> None:
        async with proxied(told, sent_host=b"staging.test:8443") as proxy:
            got = await proxy.ask(CLOSING)
            assert b"\r\nHost: staging.test:8443\r\n" in got
            assert b"\r\nX-Forwarded-Host: web.test\r\n" in got

    run(conversation())
