import pytest

from devserve.config.values import Timeouts
from support.proxied import echo_body, head_of, proxied, run

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
