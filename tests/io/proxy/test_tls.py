import asyncio
import socket
import ssl
import sys
from contextlib import closing, suppress
from fcntl import ioctl
from functools import partial
from termios import FIONREAD, TIOCOUTQ

import pytest
import uvloop

from devserve.ca import leaf
from devserve.errors import StreamLostError
from devserve.io.proxy.sni import Certificates
from devserve.io.proxy.streams import RESET, Stream
from devserve.io.proxy.tls import TlsEnd
from devserve.io.tasks import spawn
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


class Client:
    """A TLS client whose records are sent when and as the test wants it."""

    def __init__(self, port: int) -> None:
        self.plain = socket.create_connection(("127.0.0.1", port))
        self.plain.setblocking(False)
        self.outgoing = ssl.MemoryBIO()
        self._incoming = ssl.MemoryBIO()
        self.tls = trusting().wrap_bio(self._incoming, self.outgoing, server_hostname="web.test")

    def close(self) -> None:
        self.plain.close()

    async def handshake(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self.send(self.outgoing.read())
                self._incoming.write(await loop.sock_recv(self.plain, 65536))
        await self.send(self.outgoing.read())

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.plain, data)


async def read_to_end(stream: Stream) -> None:
    while await stream.read():
        pass


async def said_goodbye(port: int) -> socket.socket:
    """Return the plain socket below a TLS connection on which close_notify has been sent."""
    client = Client(port)
    await client.handshake()
    with suppress(ssl.SSLWantReadError):
        client.tls.unwrap()
    await client.send(client.outgoing.read())
    return client.plain


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


@pytest.mark.parametrize("last", [1, 5, 17, 10_000, 16_000])
def test_a_record_that_comes_in_two_parts_comes_whole(last: int):
    async def conversation() -> None:
        async with Server() as server:
            with closing(Client(server.port)) as client:
                await client.handshake()
                stream = await server.accepted()
                client.tls.write(b"x" * 16_000)
                record = client.outgoing.read()
                await client.send(record[:-last])
                below = stream._transport.get_extra_info("socket")
                await until(lambda: not waiting(client.plain, TIOCOUTQ) and not waiting(below, FIONREAD))
                sizes: list[int] = []
                read = stream._transport._read
                stream._transport._read = lambda size: sizes.append(size) or read(size)
                client.tls.write(b"behind it")
                await client.send(record[-last:] + client.outgoing.read())
                received = b""
                while len(received) < 16_009:
                    received += await stream.read()
                assert received == b"x" * 16_000 + b"behind it"
                assert len(sizes) <= 4, "a record is read in pieces of what came last of it"

    run(conversation())


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("before", [0, 8 * 1024 * 1024])  # read by the TlsEnd itself; into the one buffer
def test_much_that_is_no_tls_ends_the_connection(factory, before: int):
    async def conversation() -> None:
        async with Server() as server:
            with closing(Client(server.port)) as client:
                await client.handshake()
                stream = await server.accepted()
                sending = spawn(garbage(client), "garbage")
                with pytest.raises(StreamLostError):
                    await read_to_end(stream)
                sending.cancel()
                await asyncio.wait([sending])
                assert stream.lost

    async def garbage(client: Client) -> None:
        for _ in range(before // 16_384):
            client.tls.write(bytes(16_384))
        await client.send(client.outgoing.read() + bytes([1]) * 1_000_000)

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(asyncio.wait_for(conversation(), 30))


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_much_at_once_comes_whole_and_what_follows_it_too(factory):
    much = bytes(range(256)) * 32 * 1024

    async def conversation() -> None:
        async with Server() as server:
            reader, writer = await server.connect()
            stream = await server.accepted()
            below = stream._transport._below
            writer.write(much)
            read_by = set()
            received = bytearray()
            while len(received) < len(much):
                received += await stream.read()
                read_by.add(type(below.get_protocol()))
            assert received == much
            assert read_by - {TlsEnd}, "8 MiB were read in small pieces"
            await until(lambda: stream.is_clear)
            for answer in (b"still heard", b"and again"):
                writer.write(b"a little")
                assert await stream.read() == b"a little"
                stream.write(answer)
                assert await reader.readexactly(len(answer)) == answer
            assert type(below.get_protocol()) is TlsEnd
            writer.write(much)
            await until(lambda: type(below.get_protocol()) is not TlsEnd)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
            with pytest.raises(StreamLostError):
                await read_to_end(stream)

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(asyncio.wait_for(conversation(), 30))


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
