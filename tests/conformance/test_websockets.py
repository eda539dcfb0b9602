"""WebSockets through the real proxy: a handshake that is looked at, then a tunnel of bytes that nobody touches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from devserve.config.values import Origin
from devserve.proxy.routes import Route, Routes
from support.conformance_client import Client, reset
from support.conformance_sockets import (
    CLOSE,
    PING,
    TEXT,
    Switching,
    Waiting,
    allow_descriptors,
    frame,
    handshake,
    resident,
    switch,
)
from support.conformance_stage import staged
from support.proxied import Proxy, head_of, until
from support.wire import head

MASK = b"\x01\x02\x03\x04"
OFFERED = (
    "Sec-WebSocket-Protocol: chat, superchat",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
)
CHOSEN = ("Sec-WebSocket-Protocol: superchat", "Sec-WebSocket-Extensions: permessage-deflate", "Set-Cookie: a=1")
FRAMES = [
    frame(TEXT, b"hello", mask=MASK),
    frame(TEXT, b"\xaaH\xcd\xc9\x07\x00", mask=MASK, reserved=0x40),  # compressed: RFC 7692
    frame(0x3, b"of no known kind", mask=MASK),
    frame(PING, b"", mask=MASK),
    frame(TEXT, b"x" * 60_000, mask=MASK),
    frame(CLOSE, b"\x0f\xa1gone for lunch", mask=MASK),  # 4001
]
LARGE = 4 * 1024 * 1024
MANY = 1000
DESCRIPTORS = 4 * MANY + 200  # each tunnel has four ends, all in this process
MOST_MEMORY = 40 * 1024 * 1024
AT_ONCE = 100


def open_descriptors() -> int:
    """Return how many descriptors this process has."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def all_received(clients: Sequence[Waiting], size: int) -> bool:
    """Tell whether each client has received this many bytes."""
    return all(client.received == size for client in clients)


def test_subprotocols_and_extensions_pass():
    heads: list[bytes] = []

    async def script(reader, writer) -> None:
        heads.append(await head_of(reader))
        writer.write(switch(*CHOSEN))
        await reader.read()

    async def conversation(proxy: Proxy) -> bytes:
        async with Client.to(proxy) as client:
            await client.send([handshake(*OFFERED, "Origin: http://web.test:8080")])
            return await head_of(client.reader)

    with staged(script) as stage:
        assert stage.run(conversation(stage.proxy)) == switch(*CHOSEN)
        for line in (*OFFERED, "Origin: http://web.test:8080", "Upgrade: websocket", "Connection: Upgrade"):
            assert f"\r\n{line}\r\n".encode() in heads[0]
        stage.check()


@pytest.mark.parametrize("frames", [*([each] for each in FRAMES), FRAMES], ids=len)
def test_frames_and_close_codes_pass_untouched(frames):
    received = bytearray()

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(switch())
        while data := await reader.read(65536):
            received.extend(data)
            writer.write(data)

    async def conversation(proxy: Proxy) -> bytes:
        async with Client.to(proxy) as client:
            await client.send([handshake()])
            await head_of(client.reader)
            await client.send(frames)
            return await client.reader.readexactly(sum(map(len, frames)))

    with staged(script) as stage:
        assert stage.run(conversation(stage.proxy)) == b"".join(frames)
        assert received == b"".join(frames)
        stage.check()


@pytest.mark.parametrize("size", [1, 100, 10_000])
def test_bytes_right_behind_the_handshake_arrive_in_order_both_ways(size):
    early, answer = bytes(range(256)) * size, bytes(range(255, -1, -1)) * size
    received: list[bytes] = []

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(switch() + answer[: len(answer) // 2])
        writer.write(answer[len(answer) // 2 :])
        received.append(await reader.readexactly(len(early)))
        writer.write(b"!")
        await reader.read()

    async def conversation(proxy: Proxy) -> bytes:
        async with Client.to(proxy) as client:
            await client.send([handshake() + early])
            await head_of(client.reader)
            return await client.reader.readexactly(len(answer) + 1)

    with staged(script) as stage:
        assert stage.run(conversation(stage.proxy)) == answer + b"!"
        assert received == [early]
        stage.check()


def test_a_client_that_has_ended_still_receives():
    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(switch())
        assert await reader.read() == b"last"
        for _ in range(10):
            writer.write(b"x" * (LARGE // 10))
            await writer.drain()

    async def conversation(proxy: Proxy) -> int:
        async with Client.to(proxy) as client:
            await client.send([handshake()])
            await head_of(client.reader)
            await client.send([b"last"], end=True)
            return len(await client.reader.read())

    with staged(script) as stage:
        assert stage.run(conversation(stage.proxy)) == LARGE // 10 * 10
        stage.check()


def test_an_upstream_that_has_ended_still_receives():
    received: list[int] = []

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(switch() + b"last")
        writer.write_eof()
        await asyncio.sleep(0.05)  # it is slow: what was sent to it stands in every buffer on the way
        received.append(len(await reader.read()))

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([handshake()])
            await head_of(client.reader)
            assert await client.reader.read() == b"last"
            await client.send([b"x" * LARGE], end=True)
            await until(lambda: received != [])

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        assert received == [LARGE]
        stage.check()


@pytest.mark.parametrize("side", ["client", "upstream"])
def test_a_reset_ends_the_other_side_too(side):
    ended = asyncio.Event()

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(switch())
        if side == "upstream":
            assert await reader.read(1) == b"!"
            reset(writer)
            return
        with suppress(ConnectionError):
            await reader.read()
        ended.set()

    async def conversation(proxy: Proxy) -> None:
        reader, writer = await proxy.open()
        writer.write(handshake())
        await head_of(reader)
        if side == "client":
            reset(writer)
            await ended.wait()
            return
        writer.write(b"!")
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (head("HTTP/1.1 404 Not Found", "Content-Length: 4") + b"none", 404),
        (head("HTTP/1.1 200 OK", "Connection: Upgrade", "Upgrade: websocket", "Content-Length: 4") + b"none", 200),
        (head("HTTP/1.1 426 Upgrade Required", "Upgrade: other", "Content-Length: 4") + b"none", 426),
        (head("HTTP/1.1 101", "Content-Length: x").replace(b"101", b"99"), 502),
        (head("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: other"), 502),
        (head("HTTP/1.1 101 Switching Protocols"), 502),
        (b"", 502),
    ],
)
def test_an_answer_that_does_not_switch_makes_no_tunnel(answer, status):
    """What the client sent in the belief that it did is a request, or refused: it never reaches the upstream raw."""
    received = bytearray()

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(answer)
        if not answer:
            return
        received.extend(await reader.read(1000))

    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            await client.send([handshake() + FRAMES[0]])
            assert await client.answered([b"GET"])
            assert client.answers[0].status == status
            assert await client.answered([b"GET"])
            assert client.answers[1].status == 400
            assert await client.ended()
        await asyncio.sleep(0)

    with staged(script) as stage:
        stage.run(conversation(stage.proxy))
        assert received == b""
        stage.check()


def test_an_upgrade_while_the_service_is_down_fails_as_http():
    async def conversation(proxy: Proxy) -> None:
        async with Client.to(proxy) as client:
            proxy.backend.become(ready=False, coming=False)
            await client.send([handshake()])
            assert await client.answered([b"GET"])
            assert client.answers[0].status == 503

    with staged() as stage:
        stage.run(conversation(stage.proxy))
        assert stage.recorder.reached == []
        stage.check()


def test_an_upgrade_to_a_port_where_nothing_listens_fails_as_http(tmp_path):
    async def conversation(proxy: Proxy) -> None:
        route = proxy.site.routes.match("web.test", "/")
        assert route is not None
        proxy.site.routes = Routes([Route("web.test", "/", Origin(unix_path=str(tmp_path / "none")), route.service)])
        async with Client.to(proxy) as client:
            await client.send([handshake()])
            assert await client.answered([b"GET"])
            assert client.answers[0].status == 503

    with staged() as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="memory and descriptors are counted in /proc")
def test_a_thousand_idle_tunnels(record_property, tmp_path):
    if reason := allow_descriptors(DESCRIPTORS):
        pytest.skip(reason)
    ends: list[asyncio.Transport] = []

    async def conversation(proxy: Proxy) -> int:
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(lambda: Switching(ends), str(tmp_path / "upstream"))
        service = proxy.site.served["web"].service
        proxy.site.routes = Routes([Route("web.test", "/", Origin(unix_path=str(tmp_path / "upstream")), service)])
        before, clients = resident(), list[Waiting]()
        for _ in range(MANY // AT_ONCE):
            dialling = [loop.create_connection(Waiting, "127.0.0.1", proxy.port) for _ in range(AT_ONCE)]
            clients += [protocol for _, protocol in await asyncio.gather(*dialling)]
            await until(partial(all_received, clients, len(switch())))
        growth = resident() - before
        for client in clients:
            client.transport.write(b"still here")
        await until(partial(all_received, clients, len(switch()) + 10))
        for client in clients:
            client.transport.close()
        await until(lambda: all(end.is_closing() for end in ends) and all(client.ended for client in clients))
        await until(lambda: len(proxy.sweeper) == 0 or all(stream.lost for stream in proxy.sweeper._streams))
        server.close()
        return growth

    with staged() as stage:
        descriptors = open_descriptors()
        growth = stage.run(conversation(stage.proxy))
        stage.check()
        assert open_descriptors() <= descriptors + 5
    record_property("bytes_per_idle_tunnel_with_all_four_ends", growth // MANY)
    assert growth < MOST_MEMORY
