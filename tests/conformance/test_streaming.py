"""Bytes that go on while other bytes come: event streams, uploads, early answers, slow readers, those who leave."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from devserve.config.values import Timeouts
from devserve.io.proxy import answers
from devserve.io.proxy.streams import Stream
from devserve.io.proxy.sweeper import Sweeper
from support.conformance_client import Client, reset
from support.conformance_stage import staged
from support.proxied import Proxy, head_of, until
from support.wire import head

GET = head("GET / HTTP/1.1", "Host: web.test")
UPLOAD = head("POST / HTTP/1.1", "Host: web.test", "Content-Length: 1000000")
EXPECT = head("PUT / HTTP/1.1", "Host: web.test", "Expect: 100-continue", "Content-Length: 4")
TOO_LARGE = head("HTTP/1.1 413 Content Too Large", "Content-Length: 0")
MOST_BUFFERED = 2 * 1024 * 1024
STREAMS = {
    "chunks": (head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), b"%x\r\n%b\r\n"),
    "until the end": (head("HTTP/1.1 200 OK", "Content-Type: text/event-stream"), None),
    "HTTP/1.0": (head("HTTP/1.0 200 OK", "Content-Type: text/event-stream"), None),
    "length": (head("HTTP/1.1 200 OK", "Content-Length: 1000"), None),
}


def buffered(proxy: Proxy) -> int:
    """Return the bytes that the proxy holds, read or to be written."""
    streams: set[Stream] = proxy.sweeper._streams
    waiting = sum(stream._buffered for stream in streams)
    return waiting + sum(stream._transport.get_write_buffer_size() for stream in streams if not stream.lost)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(Sweeper, "PERIOD", 0.02)
    monkeypatch.setattr(answers, "LINGER_SECONDS", 0.1)


@pytest.mark.parametrize(("start", "chunk"), STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_event_arrives_before_the_next_one_is_sent(start, chunk, version):
    seen = asyncio.Event()

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(start)
        for number in range(5):
            event = b"data: %d\n\n" % number
            writer.write(chunk % (len(event), event) if chunk else event)
            await seen.wait()
            seen.clear()

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([GET.replace(b"1.1", version)])
            for number in range(5):
                await client.reader.readuntil(b"data: %d\n\n" % number)
                seen.set()

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_a_piece_of_an_upload_arrives_before_the_next_one_is_sent():
    seen = asyncio.Queue[bytes]()

    async def script(reader, writer) -> None:
        await head_of(reader)
        while data := await reader.read(100):
            seen.put_nowait(data)

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([head("POST / HTTP/1.1", "Host: web.test", "Transfer-Encoding: chunked")])
            for _ in range(5):
                await client.send([b"1\r\na\r\n"])
                assert await seen.get() == b"1\r\na\r\n"

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_the_upstream_says_continue_and_then_the_body_comes():
    async def script(reader, writer) -> None:
        assert b"Expect: 100-continue" in await head_of(reader)
        writer.write(head("HTTP/1.1 100 Continue", "X-Own: 1", "Connection: X-Hop", "X-Hop: 1"))
        assert await reader.readexactly(4) == b"body"
        writer.write(head("HTTP/1.1 201 Created", "Content-Length: 0"))
        await reader.read()

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([EXPECT])
            assert await head_of(client.reader) == head("HTTP/1.1 100 Continue", "X-Own: 1")
            await client.send([b"body"])
            assert await client.answered([b"PUT"])
            assert client.answers[0].status == 201

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_an_expectation_that_fails_is_told_and_the_body_never_asked_for(impatient):
    came = asyncio.Queue[bytes]()

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(head("HTTP/1.1 417 Expectation Failed", "Content-Length: 0"))
        with suppress(ConnectionError):
            came.put_nowait(await reader.read())
        came.put_nowait(b"")

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([EXPECT])
            assert await client.answered([b"PUT"])
            assert (client.answers[0].status, client.answers[0].interim) == (417, [])
            assert client.answers[0].all(b"connection") == [b"close"]  # RFC 9110, section 10.1.1
            assert await client.ended()
        assert await came.get() == b""

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


@pytest.mark.parametrize("closes", [True, False])
@pytest.mark.parametrize("sent", [b"", b"some", b"x" * 400_000])
def test_an_early_answer_is_relayed_and_the_upload_ends(impatient, closes, sent):
    """The client goes on for ever: it neither sends its body nor closes."""

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(TOO_LARGE)
        await writer.drain()
        if not closes:
            with suppress(ConnectionError):
                while await reader.read(65536):
                    pass

    async def conversation(proxy: Proxy) -> None:
        reader, writer = await proxy.open()
        writer.write(UPLOAD + sent)
        assert (await head_of(reader)).startswith(b"HTTP/1.1 413 ")
        assert await reader.read() == b""
        await until(lambda: all(stream.lost for stream in proxy.sweeper._streams))
        writer.close()

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_an_early_answer_does_not_end_an_upload_that_the_upstream_still_reads():
    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(head("HTTP/1.1 200 OK", "Content-Length: 1000000"))
        for _ in range(10):
            writer.write(await reader.readexactly(100_000))
            await writer.drain()
        await reader.read()

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([UPLOAD])
            await head_of(client.reader)
            await client.send([b"x" * 100_000] * 10)
            assert await client.reader.readexactly(1_000_000) == b"x" * 1_000_000
            await client.send([GET])

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


LEAVING = {
    "before the answer": (GET, b""),
    "in a body": (GET, head("HTTP/1.1 200 OK", "Content-Length: 100") + b"some"),
    "in a stream": (GET, head("HTTP/1.1 200 OK") + b"some"),
    "in an upload": (UPLOAD + b"some", b""),
    "in both": (UPLOAD + b"some", head("HTTP/1.1 200 OK", "Content-Length: 100") + b"some"),
}


@pytest.mark.parametrize("resets", [True, False])
@pytest.mark.parametrize(("asked", "answer"), LEAVING.values(), ids=LEAVING)
def test_a_client_that_leaves_is_seen_upstream_at_once(asked, answer, resets):
    came, gone = asyncio.Event(), asyncio.Event()

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(answer)
        came.set()
        with suppress(ConnectionError):
            while await reader.read(1000):
                pass
        gone.set()

    async def conversation(proxy: Proxy) -> None:
        reader, writer = await proxy.open()
        writer.write(asked)
        await came.wait()
        if answer:
            await reader.readuntil(b"some")
        reset(writer) if resets else writer.close()
        await gone.wait()

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_a_client_that_reads_slowly_makes_the_upstream_wait():
    chunk, total = b"x" * 65536, 0

    async def script(reader, writer) -> None:
        nonlocal total
        await head_of(reader)
        writer.write(head("HTTP/1.1 200 OK"))
        with suppress(ConnectionError):
            while True:
                writer.write(chunk)
                await writer.drain()
                total += len(chunk)

    async def conversation(proxy: Proxy) -> None:
        reader, writer = await proxy.open()
        writer.write(GET)
        await head_of(reader)
        most, before = 0, -1
        while total != before:
            before = total
            for _ in range(20):
                await asyncio.sleep(0.005)
                most = max(most, buffered(proxy))
        assert 0 < most < MOST_BUFFERED
        reset(writer)
        await until(lambda: all(stream.lost for stream in proxy.sweeper._streams))

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_an_upstream_that_reads_slowly_makes_the_client_wait():
    release = asyncio.Event()

    async def script(reader, writer) -> None:
        await head_of(reader)
        await release.wait()

    async def conversation(proxy: Proxy) -> None:
        _, writer = await proxy.open()
        writer.write(head("POST / HTTP/1.1", "Host: web.test", "Content-Length: 100000000"))
        total, most = 0, 0
        with suppress(TimeoutError):
            while total < 100_000_000:
                writer.write(b"x" * 65536)
                await asyncio.wait_for(writer.drain(), 0.2)
                total += 65536
                most = max(most, buffered(proxy))
        assert total < 50_000_000
        assert 0 < most < MOST_BUFFERED
        reset(writer)
        release.set()
        await until(lambda: all(stream.lost for stream in proxy.sweeper._streams))

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_the_time_for_an_answer_begins_with_the_end_of_the_request(impatient):
    """An upload may take longer than an answer, as long as it goes on."""

    async def script(reader, writer) -> None:
        await head_of(reader)
        await reader.readexactly(10)
        writer.write(head("HTTP/1.1 201 Created", "Content-Length: 0"))
        await reader.read()

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([head("POST / HTTP/1.1", "Host: web.test", "Content-Length: 10")])
            for _ in range(10):
                await asyncio.sleep(0.1)
                await client.send([b"x"])
            assert await client.answered([b"POST"])
            assert client.answers[0].status == 201

    with staged(script, timeouts=Timeouts(answer=0.6)) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_a_client_whose_upload_stalls_is_told_so(impatient):
    gone = asyncio.Event()

    async def script(reader, writer) -> None:
        with suppress(ConnectionError):
            while await reader.read(1000):
                pass
        gone.set()

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([UPLOAD + b"some"])
            assert await client.answered([b"POST"])
            assert client.answers[0].status == 408
            assert await client.ended()
        await gone.wait()

    with staged(script, timeouts=Timeouts(upload=0.05)) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


def test_an_upstream_that_is_given_up_is_let_go_before_the_client_goes(impatient, monkeypatch):
    monkeypatch.setattr(answers, "LINGER_SECONDS", 60.0)
    gone = asyncio.Event()

    async def script(reader, writer) -> None:
        with suppress(ConnectionError):
            while await reader.read(1000):
                pass
        gone.set()

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([UPLOAD + b"some"])
            assert await client.answered([b"POST"])
            assert client.answers[0].status == 504
            await gone.wait()

    with staged(script, timeouts=Timeouts(answer=0.05)) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()
