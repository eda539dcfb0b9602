"""A response on its way back, on real streams; whole exchanges are in tests/conformance."""

import asyncio
import socket

import pytest

from devserve.errors import RemoteProtocolError
from devserve.http1 import Headers, Request, Response, Role
from devserve.io.proxy.messages import MessageStream
from devserve.io.proxy.relay import relay
from devserve.io.proxy.streams import Stream
from support.proxied import run

ASKED = Request(b"GET", b"/", Headers([(b"Host", b"web.test")]))
LENGTH = b"Content-Length: 4\r\n\r\n"


async def joined(role: Role) -> tuple[MessageStream, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, stream = await asyncio.get_running_loop().create_unix_connection(Stream, sock=ours)
    return MessageStream(stream, role), theirs


async def relayed(answer: bytes) -> bytes:
    """Relay an answer, after which the service hangs up; return what the client got."""
    upstream, service = await joined(Role.CLIENT)
    downstream, client = await joined(Role.SERVER)
    client.send(b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n")
    await downstream.receive()
    downstream.poll_whole()
    upstream.queue_whole(ASKED, b"")
    upstream.push()
    assert await asyncio.get_running_loop().sock_recv(service, 65536)  # what is left unread makes its end a reset
    service.send(b"HTTP/1.1 200 OK\r\n" + answer)
    service.close()
    head = await upstream.receive()
    assert isinstance(head, Response)
    try:
        await relay(upstream, downstream, head, None, 10.0)
        return await asyncio.get_running_loop().sock_recv(client, 65536)
    finally:
        assert downstream.stream.lost is False
        upstream.stream.abort()
        downstream.stream.abort()
        client.close()


@pytest.mark.parametrize(
    "answer", [LENGTH + b"body", b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n"]
)
def test_relays_a_response_to_its_end(answer):
    assert run(relayed(answer)) == b"HTTP/1.1 200 OK\r\n" + answer


def test_breaks_off_as_the_upstream_does():
    with pytest.raises(RemoteProtocolError, match="after 2 of 4 bytes"):
        run(relayed(LENGTH + b"bo"))
