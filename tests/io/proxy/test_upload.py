import asyncio
import hashlib
import re
from asyncio import StreamReader, StreamWriter
from math import inf

import pytest

from devserve.config.values import Timeouts
from devserve.http1 import Role
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.streams import Stream
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.upload import TURN, Upload
from support.proxied import echo_body, head_of, proxied, run, until

CHUNKED = b"POST / HTTP/1.1\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
SIZED = b"POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n"


async def swallow(reader, writer) -> None:
    await head_of(reader)
    while await reader.read(65536):
        pass


def test_a_body_that_does_not_come_at_once_is_relayed_as_it_comes():
    async def scene() -> bytes:
        async with proxied(echo_body) as proxy:
            reader, writer = await proxy.open()
            writer.write(SIZED + b"a" * 50_000)
            assert b"200 OK" in await head_of(reader)
            assert await reader.readexactly(50_000) == b"a" * 50_000
            writer.write(b"b" * 150_000)
            rest = await reader.readexactly(150_000)
            writer.close()
            return rest

    assert run(scene()) == b"b" * 150_000


@pytest.mark.parametrize("began", [b"", b"1\r\na\r\n"])
def test_half_a_body_that_goes_wrong_is_the_clients_mistake(began):
    async def scene() -> bytes:
        async with proxied(swallow) as proxy:
            reader, writer = await proxy.open()
            writer.write(CHUNKED + began)
            await writer.drain()
            writer.write(b"no size\r\n")
            answer = await reader.read()
            writer.close()
            return answer

    assert run(scene()).startswith(b"HTTP/1.1 400 ")


def test_a_body_that_stalls_is_answered_so():
    async def scene() -> bytes:
        async with proxied(swallow, timeouts=Timeouts(upload=0.05)) as proxy:
            return await proxy.ask(CHUNKED + b"1\r\na\r\n")

    answer = run(scene())
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"nothing of the request's body came within 0.05 seconds" in answer


async def digest(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer two requests, each with the hash of its body."""
    for _ in range(2):
        head = await head_of(reader)
        body = b""
        if length := re.search(rb"Content-Length: (\d+)", head):
            body = await reader.readexactly(int(length[1]))
        else:
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + hashlib.sha256(body).hexdigest().encode())
        await writer.drain()


BODY = bytes(range(251)) * 12_000  # 3 MB, three times what is passed in one turn of the loop


@pytest.mark.parametrize("piece", [BODY[:7], BODY[:1000], BODY[:20_000], BODY[:200_000], BODY], ids=len)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_body_is_passed_whole_and_no_byte_of_the_next_request_with_it(piece, chunked):
    body = piece * (min(len(BODY), 20_000 * len(piece)) // len(piece))
    first = b"POST / HTTP/1.1\r\nHost: web.test\r\n"
    if chunked:
        chunk = b"%x\r\n%b\r\n" % (len(piece), piece)
        first += b"Transfer-Encoding: chunked\r\n\r\n" + chunk * (len(body) // len(piece)) + b"0\r\n\r\n"
    else:
        first += b"Content-Length: %d\r\n\r\n" % len(body) + body
    second = b"POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 4\r\n\r\nnext"

    async def scene() -> list[bytes]:
        async with proxied(digest) as proxy:
            reader, writer = await proxy.open()
            writer.write(first + second)
            answers = []
            for _ in range(2):
                assert b"200 OK" in await head_of(reader)
                answers.append(await reader.readexactly(64))
            writer.close()
            return answers

    assert run(scene()) == [hashlib.sha256(each).hexdigest().encode() for each in (body, b"next")]


def test_an_upload_waits_for_a_service_that_takes_nothing_for_longer_than_its_client_may_rest(monkeypatch):
    monkeypatch.setattr(Sweeper, "PERIOD", 0.01)
    swept: list[float] = []
    sweep = Sweeper._sweep
    monkeypatch.setattr(Sweeper, "_sweep", lambda self: (swept.append(asyncio.get_running_loop().time()), sweep(self)))

    async def halted(reader: StreamReader, writer: StreamWriter) -> None:
        head = await head_of(reader)
        since = asyncio.get_running_loop().time()
        await until(lambda: swept and swept[-1] > since + 0.3)  # somebody looks around in a debugger
        await reader.readexactly(int(re.findall(rb"Content-Length: (\d+)", head)[0]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def scene() -> bytes:
        async with proxied(halted, timeouts=Timeouts(upload=0.1)) as proxy:
            body = bytes(16 * 2**20)  # more than the system takes for the service
            return await proxy.ask(
                b"POST / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), body)
            )

    assert run(scene()).endswith(b"\r\n\r\nok")


class Taking:
    """A transport that takes everything."""

    def __init__(self) -> None:
        self.taken = 0
        self.reading = True

    def write(self, data: bytes) -> None:
        self.taken += len(data)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_extra_info(self, name: str) -> None:
        return None


async def begun(client: Taking, service: Taking, length: int) -> tuple[MessageStream, MessageStream]:
    """Return both ends of an upload of this length that waits for the first byte of its body."""
    downstream, upstream = MessageStream(Stream(), Role.SERVER), MessageStream(Stream(), Role.CLIENT)
    downstream.stream.connection_made(client)
    upstream.stream.connection_made(service)
    downstream.stream.data_received(b"POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: %d\r\n\r\n" % length)
    Upload(downstream, Timeouts()).begin(await downstream.receive(), upstream)
    await until(lambda: service.taken > 0 and downstream.stream.deadline < inf)
    return downstream, upstream


def test_a_client_that_has_sent_all_is_not_timed_while_the_service_takes_it():
    async def scene() -> None:
        downstream, upstream = await begun(Taking(), Taking(), length=10)
        upstream.stream.pause_writing()
        downstream.stream.data_received(bytes(10))
        await until(lambda: downstream.stream.deadline == inf)
        upstream.stream.resume_writing()

    run(scene())


def test_what_comes_is_passed_at_once_until_it_is_the_others_turn():
    async def scene() -> None:
        client, service = Taking(), Taking()
        downstream, _ = await begun(client, service, length=3 * TURN)
        head, piece = service.taken, bytes(TURN // 4)
        for _ in range(2):
            downstream.stream.data_received(piece)
        assert service.taken == head + 2 * len(piece)
        for _ in range(10):
            downstream.stream.data_received(piece)
        assert service.taken == head + TURN
        assert not client.reading
        await until(lambda: service.taken == head + 3 * TURN and client.reading)

    run(scene())
