import asyncio
import socket
import ssl
import sys
from contextlib import closing, suppress
from fcntl import ioctl
from functools import partial
from termios import FIONREAD, TIOCOUTQ

import pytest

from devserve.ca import leaf
from devserve.errors import StreamLostError
from devserve.io.proxy.sni import Certificates
from devserve.io.proxy.streams import Stream
from devserve.io.proxy.tls import TlsEnd
from support.authority import authority, trusting
from support.proxied import run, until


class Server:
    """A TLS listener that keeps its streams, ready or plain."""

    def __init__(self) -> None:
        self.ready: list[Stream] = []
        self.plain: list[Stream] = []
        self.certificates = Certificates(partial(leaf.mint, authority()))
        self.certificates.add(["web.test"])

    async def __aenter__(self) -> "Server":
        loop = asyncio.get_running_loop()

        wrap = partial(self.certificates.context.wrap_bio, server_side=True)

        def accept() -> TlsEnd:
            return TlsEnd(wrap, Stream(), self.ready.append, on_plain=self.plain.append)

        self._server = await loop.create_server(accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_) -> None:
        self._server.close()
        for stream in [*self.ready, *self.plain]:
            stream.abort()
        await asyncio.sleep(0)

    async def connect(self, name: str = "web.test") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=trusting(), server_hostname=name)

    async def accepted(self) -> Stream:
        await until(lambda: bool(self.ready))
        return self.ready[0]


def test_bytes_go_both_ways_and_the_name_is_known():
    async def conversation() -> None:
        async with Server() as server:
            reader, writer = await server.connect()
            stream = await server.accepted()
            assert stream.server_name == "web.test"
            assert stream.address == "127.0.0.1"
            writer.write(b"x" * 300_000)
            received = b""
            while len(received) < 300_000:
                received += await stream.read()
            stream.write(b"y" * 300_000)
            assert await reader.readexactly(300_000) == b"y" * 300_000
            writer.close()
            assert await stream.read() == b""

    run(conversation())


def test_a_clean_end_is_said_and_a_reset_is_not_one():
    async def conversation() -> None:
        async with Server() as server:
            reader, writer = await server.connect()
            (await server.accepted()).close()
            assert await reader.read() == b""
            writer.close()
            server.ready.clear()
            reader, writer = await server.connect()
            (await server.accepted()).abort()
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()

    run(conversation())


async def said_goodbye(port: int) -> socket.socket:
    """Return the plain socket below a TLS connection on which close_notify has been sent."""
    loop, incoming, outgoing = asyncio.get_running_loop(), ssl.MemoryBIO(), ssl.MemoryBIO()
    plain = socket.create_connection(("127.0.0.1", port))
    plain.setblocking(False)
    tls = trusting().wrap_bio(incoming, outgoing, server_hostname="web.test")
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            await loop.sock_sendall(plain, outgoing.read())
            incoming.write(await loop.sock_recv(plain, 65536))
    with suppress(ssl.SSLWantReadError):
        tls.unwrap()
    await loop.sock_sendall(plain, outgoing.read())
    return plain


def waiting(one: socket.socket, queue: int) -> int:
    """Return how many bytes wait in a socket's queue (tcp(7), tty_ioctl(4))."""
    return int.from_bytes(ioctl(one.fileno(), queue, bytes(4)), sys.byteorder)


def test_what_follows_the_goodbye_is_ignored_and_not_kept():
    async def conversation() -> None:
        async with Server() as server:
            with closing(await said_goodbye(server.port)) as plain:
                stream = await server.accepted()
                assert await stream.read() == b""
                for _ in range(10):
                    await asyncio.get_running_loop().sock_sendall(plain, b"x" * 100_000)
                below = stream._transport.get_extra_info("socket")
                await until(lambda: not waiting(plain, TIOCOUTQ) and not waiting(below, FIONREAD))
                assert stream._transport._incoming.pending < 100_000
                stream.write(b"still heard")
                assert await asyncio.get_running_loop().sock_recv(plain, 65536)

    run(conversation())


def test_an_unknown_name_hears_the_alert():
    async def conversation() -> None:
        async with Server() as server:
            with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
                await server.connect("other.test")
            assert server.ready == []

    run(conversation())


def test_plain_http_on_the_tls_port_is_recognised():
    async def conversation() -> None:
        async with Server() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await until(lambda: bool(server.plain))
            assert await server.plain[0].read() == b"GET / HTTP/1.1\r\n\r\n"
            server.plain[0].write(b"plain answer")
            assert await reader.readexactly(12) == b"plain answer"
            writer.close()

    run(conversation())


@pytest.mark.parametrize("hello", [b"\x16", b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff" + b"\x00" * 2000])
def test_half_a_handshake_or_rubbish_is_closed(hello):
    async def conversation() -> None:
        async with Server() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(hello)
            writer.write_eof()
            await reader.read()
            writer.close()
            assert server.ready == []

    run(conversation())


def test_rubbish_after_the_handshake_breaks_the_connection():
    async def conversation() -> None:
        async with Server() as server:
            _, writer = await server.connect()
            stream = await server.accepted()
            below = writer.get_extra_info("socket")
            below._sock.send(b"not a record at all") if hasattr(below, "_sock") else below.send(b"")
            with pytest.raises(StreamLostError):
                await stream.read()
            writer.transport.abort()

    run(conversation())
