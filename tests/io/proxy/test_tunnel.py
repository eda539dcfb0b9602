import asyncio
import socket

from devserve.io.proxy import tunnel
from devserve.io.proxy.streams import Stream
from support.proxied import run


async def joined() -> tuple[asyncio.Task[None], socket.socket, socket.socket]:
    loop = asyncio.get_running_loop()
    (ours, left), (also_ours, right) = socket.socketpair(), socket.socketpair()
    _, one = await loop.create_unix_connection(Stream, sock=ours)
    _, other = await loop.create_unix_connection(Stream, sock=also_ours)
    for end in (left, right):
        end.setblocking(False)
    return loop.create_task(tunnel.join(one, other)), left, right


def test_bytes_go_both_ways_and_each_direction_ends_alone():
    async def conversation() -> None:
        loop = asyncio.get_running_loop()
        task, left, right = await joined()
        await loop.sock_sendall(left, b"question")
        left.shutdown(socket.SHUT_WR)
        assert await loop.sock_recv(right, 100) == b"question"
        assert await loop.sock_recv(right, 100) == b""
        await loop.sock_sendall(right, b"answer")
        assert await loop.sock_recv(left, 100) == b"answer"
        assert not task.done()
        right.close()
        await task
        assert await loop.sock_recv(left, 100) == b""
        left.close()

    run(conversation())


def test_an_ended_tunnel_closes_both_ends():
    async def conversation() -> None:
        loop = asyncio.get_running_loop()
        task, left, right = await joined()
        await loop.sock_sendall(left, b"x")
        assert await loop.sock_recv(right, 100) == b"x"
        task.cancel()
        await asyncio.wait([task])
        assert await loop.sock_recv(left, 100) == b""
        assert await loop.sock_recv(right, 100) == b""
        left.close()
        right.close()

    run(conversation())
