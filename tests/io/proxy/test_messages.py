import asyncio
import socket

from devserve.http1 import Data, EndOfMessage, Headers, Request, Response, Role
from devserve.io.proxy.messages import FLUSH_AT, MessageStream
from devserve.io.proxy.streams import Stream
from support.proxied import run


async def conversing() -> tuple[MessageStream, MessageStream]:
    loop = asyncio.get_running_loop()
    ends = socket.socketpair()
    _, one = await loop.create_unix_connection(Stream, sock=ends[0])
    _, other = await loop.create_unix_connection(Stream, sock=ends[1])
    return MessageStream(one, Role.CLIENT), MessageStream(other, Role.SERVER)


def test_messages_go_round():
    async def conversation() -> None:
        client, server = await conversing()
        client.queue(Request(b"GET", b"/", Headers([(b"Host", b"web.test")])))
        client.queue(EndOfMessage())
        await client.flush()
        request = await server.receive()
        assert isinstance(request, Request)
        assert isinstance(await server.receive(), EndOfMessage)
        assert server.poll() is None
        server.queue(Response(200, Headers([(b"Content-Length", b"2")])))
        server.queue(Data(b"ok"))
        server.queue(EndOfMessage())
        await server.flush()
        assert isinstance(await client.receive(), Response)
        assert await client.receive() == Data(b"ok")
        client.stream.close()
        server.stream.close()

    run(conversation())


def test_nothing_is_written_before_it_is_flushed():
    async def conversation() -> None:
        client, server = await conversing()
        client.queue(Request(b"PUT", b"/", Headers([(b"Host", b"web.test"), (b"Content-Length", b"%d" % FLUSH_AT)])))
        assert not client.is_full
        client.queue(Data(b"x" * FLUSH_AT))
        assert client.is_full
        await asyncio.sleep(0.01)
        assert server.stream.is_quiet
        client.push()
        assert not client.is_full
        assert isinstance(await server.receive(), Request)
        client.stream.close()
        server.stream.close()

    run(conversation())
