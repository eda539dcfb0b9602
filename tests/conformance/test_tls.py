"""The same promises behind TLS, where an end is said by an alert and a reset must not look like one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest

from devserve.ca import leaf
from devserve.config.values import Timeouts
from devserve.io.proxy import listeners
from devserve.io.proxy.listeners import Listeners
from devserve.io.proxy.sni import Certificates
from devserve.io.proxy.sweeper import Sweeper
from support.authority import authority, trusting
from support.conformance_client import Client, reset
from support.conformance_stage import staged
from support.proxied import Proxy, head_of, listening, until
from support.wire import head

GET = head("GET / HTTP/1.1", "Host: web.test")
NOTHING = slice(0)


@asynccontextmanager
async def secured(proxy: Proxy) -> AsyncIterator[int]:
    """Listen for TLS beside the proxy's own port; yield the port."""
    certificates = Certificates(partial(leaf.mint, authority()))
    certificates.add(["web.test"])
    https = Listeners(proxy.site, proxy.sweeper)
    bound = listening()
    https.take_https(bound, certificates)
    await https.serve()
    try:
        yield bound.port
    finally:
        await https.close()


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, ssl=trusting(), server_hostname="web.test")


def behind_tls(test: Callable[[Proxy, int], Awaitable[None]]) -> Callable[[Proxy], Awaitable[None]]:
    """Return a conversation that is given the port for TLS too."""

    async def conversation(proxy: Proxy) -> None:
        async with secured(proxy) as port:
            await test(proxy, port)

    return conversation


def client_hello() -> bytes:
    """Return the first bytes of a handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting().wrap_bio(incoming, outgoing, server_hostname="web.test")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_a_host_that_is_not_the_server_name_is_misdirected():
    async def conversation(proxy: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        client = Client(reader, writer)
        await client.send([GET.replace(b"web.test", b"own.test"), GET])
        assert await client.answered([b"GET", b"GET"])
        assert [answer.status for answer in client.answers] == [421, 200]
        writer.close()

    with staged() as stage:
        stage.run(behind_tls(conversation)(stage.proxy))
        assert stage.recorder.whole == [(b"GET", b"/", b"")]
        stage.check()


@pytest.mark.parametrize("size", [0, 1000, 3_000_000])
def test_an_early_answer_arrives_however_much_the_client_still_sends(size):
    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(head("HTTP/1.1 413 Content Too Large", "Content-Length: 4") + b"much")
        with suppress(ConnectionError):
            while await reader.read(65536):
                pass

    async def conversation(proxy: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        client = Client(reader, writer)
        writer.write(head("POST / HTTP/1.1", "Host: web.test", "Content-Length: 9999999") + b"x" * size)
        assert await client.answered([b"POST"])
        assert (client.answers[0].status, client.answers[0].body) == (413, b"much")
        assert await client.ended()
        writer.close()

    with staged(script) as stage:
        stage.run(behind_tls(conversation)(stage.proxy))
        stage.check()


def test_an_answer_that_breaks_off_is_no_clean_end():
    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(head("HTTP/1.1 200 OK", "Content-Length: 9") + b"half")

    async def conversation(proxy: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        writer.write(GET.replace(b"1.1", b"1.0"))
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            await reader.read()
        writer.transport.abort()

    with staged(script) as stage:
        stage.run(behind_tls(conversation)(stage.proxy))
        stage.check()


@pytest.mark.parametrize(
    ("said", "seconds"), [(NOTHING, 10), (slice(-1), 10), (slice(None), 500)], ids=["nothing", "half", "the name"]
)
def test_a_handshake_has_its_services_time_once_the_server_name_is_known(said, seconds):
    async def conversation(proxy: Proxy, port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(client_hello()[said])
        await until(lambda: bool(proxy.sweeper))
        (stream,) = proxy.sweeper._streams
        await until(lambda: stream._transport is not None and stream._transport._begun is (said != NOTHING))
        assert stream.deadline - stream.loop.time() == pytest.approx(seconds, abs=5)
        writer.close()

    with staged(timeouts=Timeouts(handshake=500)) as stage:
        stage.run(behind_tls(conversation)(stage.proxy))
        stage.check()


def test_who_names_a_service_and_says_no_more_is_given_up_when_its_time_is_over(monkeypatch):
    monkeypatch.setattr(Sweeper, "PERIOD", 0.02)

    async def conversation(proxy: Proxy, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(client_hello())
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    with staged(timeouts=Timeouts(handshake=0.05)) as stage:
        stage.run(behind_tls(conversation)(stage.proxy))
        stage.check()


@pytest.mark.parametrize("way", ["reset", "end", "wait"])
def test_a_handshake_may_break_off_at_any_byte(monkeypatch, way):
    monkeypatch.setattr(listeners, "HANDSHAKE_SECONDS", 0.05)
    monkeypatch.setattr(Sweeper, "PERIOD", 0.02)
    hello = client_hello()

    async def broken(proxy: Proxy, port: int, cut: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(hello[:cut])
        await asyncio.sleep(0)
        if way == "reset":
            reset(writer)
            return
        if way == "end":
            writer.write_eof()
        with suppress(ConnectionError):
            assert len(await reader.read()) < 5000  # an alert, or the first half of ours
        writer.close()

    async def conversation(proxy: Proxy, port: int) -> None:
        await asyncio.gather(*[broken(proxy, port, cut) for cut in range(1, len(hello), 7)])
        monkeypatch.undo()  # who means it has time, on a busy machine too
        reader, writer = await connected(port)
        client = Client(reader, writer)
        await client.send([GET])
        assert await client.answered([b"GET"])
        writer.close()
        await until(lambda: all(stream.lost for stream in proxy.sweeper._streams if stream.server_name == ""
                                and not stream.heard))  # fmt: skip

    with staged() as stage:
        stage.run(behind_tls(conversation)(stage.proxy))
        stage.check()
