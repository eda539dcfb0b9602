"""Connections that break at every byte, and a machine that has no descriptors left: no traceback, and it goes on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from devserve.io.loop import new_loop
from support.conformance_client import Client, reset
from support.conformance_stage import DEADLINE, Stage, staged
from support.conformance_starved import DESCRIPTORS
from support.conformance_upstream import OK
from support.proxied import Proxy, head_of, until
from support.wire import head

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": new_loop}
GET = head("GET / HTTP/1.1", "Host: web.test")
POST = head("POST / HTTP/1.1", "Host: web.test", "Transfer-Encoding: chunked") + b"4\r\nbody\r\n0\r\nX-Sum: 9\r\n\r\n"
ANSWER = (
    head("HTTP/1.1 103 Early Hints") + head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\n\r\n"
)
TESTS = Path(__file__).parent.parent
CROWD = 2 * DESCRIPTORS
IDLE_SHARE = 0.25  # of one core, at most, while nothing can be accepted


async def still_serving(proxy: Proxy) -> None:
    async with Client.to(proxy) as client:
        await client.send([GET.replace(b"GET /", b"GET /after")])
        assert await client.answered([b"GET"])
        assert client.answers[0].status == 200


def broken_off(writer: asyncio.StreamWriter, way: str) -> None:
    """Leave in one of two ways."""
    reset(writer) if way == "reset" else writer.close()


@pytest.mark.parametrize("way", ["reset", "end"])
@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_client_may_break_off_at_any_byte(loop, way):
    async def conversation(stage: Stage) -> None:
        for cut in range(len(POST) + 1):
            _, writer = await stage.proxy.open()
            writer.write(POST[:cut])
            for _ in range(cut % 7):  # so that it is seen now before the upstream is dialled, now behind that
                await asyncio.sleep(0)
            broken_off(writer, way)
            if cut % 10 == 0:
                await still_serving(stage.proxy)
        await still_serving(stage.proxy)
        await until(lambda: all(stream.lost for stream in stage.proxy.sweeper._streams if stream.address == "127.0.0.1"
                                and stream.eof))  # fmt: skip

    with staged(loop_factory=loop) as stage:
        stage.run(conversation(stage))
        assert set(stage.recorder.whole) <= {(b"POST", b"/", b"body"), (b"GET", b"/after", b"")}
        stage.check()


@pytest.mark.parametrize("way", ["reset", "end"])
@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_an_upstream_may_break_off_at_any_byte(loop, way):
    cut = 0

    async def script(reader, writer) -> None:
        while True:
            request = await head_of(reader)
            if b"/after" in request:
                writer.write(OK)
                return
            writer.write(ANSWER[:cut])
            await asyncio.sleep(0)
            if cut < len(ANSWER):
                broken_off(writer, way)
                return

    async def conversation(proxy: Proxy) -> None:
        nonlocal cut
        for cut in range(len(ANSWER)):
            async with Client.to(proxy) as client:
                await client.send([GET])
                await client.answered([b"GET"])
                assert client.broken or client.answers[0].status == 502, ANSWER[:cut]
            if cut % 10 == 0:
                await still_serving(proxy)
        await still_serving(proxy)

    with staged(script, loop) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


@pytest.mark.parametrize("after", [b"", b"x", b"x" * 300_000])
@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_client_may_reset_while_it_is_written_to(loop, after):
    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(head("HTTP/1.1 200 OK"))
        with suppress(ConnectionError):
            while True:
                writer.write(b"x" * 10_000)
                await writer.drain()

    async def conversation(proxy: Proxy) -> None:
        for _ in range(20):
            reader, writer = await proxy.open()
            writer.write(GET + after)
            await reader.read(1)
            reset(writer)
        await until(lambda: all(stream.lost for stream in proxy.sweeper._streams))

    with staged(script, loop) as stage:
        stage.run(conversation(stage.proxy))
        stage.check()


@dataclass
class Starved:
    """The proxy's process."""

    process: subprocess.Popen[str]
    port: int

    def share(self, seconds: float) -> float:
        """Return what part of one core it takes for this long."""
        return psutil.Process(self.process.pid).cpu_percent(seconds) / 100

    async def ask(self) -> bytes:
        """Ask on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def resumed(self) -> bytes:
        """Ask until there is an answer; the test's deadline bounds it."""
        while not (answer := await self.ask()).startswith(b"HTTP/1.1 200"):  # noqa: ASYNC110  # it tells by answering
            await asyncio.sleep(0.01)
        return answer


@contextmanager
def starved(upstream: int, loop: str) -> Iterator[Starved]:
    command = [sys.executable, "-m", "support.conformance_starved", str(upstream), loop]
    process = subprocess.Popen(
        command, cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Starved(process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of descriptors are POSIX")
@pytest.mark.parametrize("loop", LOOPS)
def test_a_proxy_without_descriptors_waits_for_some(loop):
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await head_of(reader)
            writer.write(OK)
        writer.close()

    async def conversation() -> str:
        server = await asyncio.start_server(play, "127.0.0.1", 0)
        with starved(server.sockets[0].getsockname()[1], loop) as proxy:
            assert (await proxy.ask()).endswith(b"ok")
            crowd = [await asyncio.open_connection("127.0.0.1", proxy.port) for _ in range(CROWD)]
            await asyncio.to_thread(proxy.share, 0.1)
            assert await asyncio.to_thread(proxy.share, 0.4) < IDLE_SHARE
            for _, writer in crowd:
                writer.close()
            assert (await proxy.resumed()).endswith(b"ok")
            server.close()
            assert proxy.process.poll() is None
            _, said = proxy.process.communicate("")
        return said

    async def bounded() -> str:
        async with asyncio.timeout(DEADLINE):
            return await conversation()

    assert "Traceback" not in asyncio.run(bounded())
