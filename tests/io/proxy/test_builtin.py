import asyncio
from contextlib import asynccontextmanager

import pytest
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from devserve.io.proxy import builtin as module
from devserve.io.proxy.builtin import Builtin
from devserve.proxy.authority_page import Certificate
from support.proxied import head_of, run


class Hello(RequestHandler):
    def get(self) -> None:
        self.finish("hello")


class Nothing(RequestHandler):
    def get(self) -> None:
        self.send_error(404)


class Socket(WebSocketHandler):
    pass


UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
    + b"A" * 22
    + b"==\r\n"
)
PING, CLOSE = b"\x89\x00", b"\x88"  # how the frames begin (RFC 6455, section 5.2)


@asynccontextmanager
async def pages():
    builtin = Builtin(
        [(r"/hello", Hello), (r"/socket", Socket), (r"/.*", Nothing)], Certificate(b"PEM", "ab01", ("test",))
    )
    builtin.add("devserve.localhost", [(r"/", Hello), (r"/.*", Nothing)])
    reader, writer = await asyncio.open_unix_connection(sock=builtin.connect())
    yield reader, writer
    writer.close()
    await builtin.close()


async def asked(reader, writer, path: str, host: str, accept: str = "*/*") -> tuple[bytes, bytes]:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n\r\n".encode())
    head = await head_of(reader)
    length = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
    return head, await reader.readexactly(int(length))


@pytest.mark.parametrize(
    ("path", "host", "status", "found"),
    [
        ("/", "devserve.localhost", b"200", b"hello"),
        ("/", "devserve.localhost:8443", b"200", b"hello"),
        ("/", "livereload.web.test", b"404", b""),
        ("/hello", "livereload.web.test", b"200", b"hello"),
    ],
)
def test_each_host_has_its_own_pages(path, host, status, found):
    async def conversation() -> None:
        async with pages() as (reader, writer):
            head, body = await asked(reader, writer, path, host)
            assert head.split()[1] == status
            assert found in body

    run(conversation())


@pytest.mark.parametrize(
    ("path", "accept", "kind", "found"),
    [
        ("/.well-known/devserve-ca", "*/*", b"application/x-pem-file", b"PEM"),
        ("/.well-known/devserve-ca", "text/html,*/*", b"text/html", b"<pre>AB:01</pre>"),
        ("/.well-known/devserve-ca/devserve-ca.crt", "text/html", b"application/x-x509-ca-cert", b"PEM"),
    ],
)
@pytest.mark.parametrize("host", ["web.test", "devserve.localhost"])
def test_every_host_gives_the_public_certificate_and_its_fingerprint(path, accept, kind, found, host):
    async def conversation() -> None:
        async with pages() as (reader, writer):
            head, body = await asked(reader, writer, path, host, accept)
            assert b"\r\nContent-Type: " + kind in head
            assert b"\r\nX-Devserve-Fingerprint: AB:01\r\n" in head
            assert found in body

    run(conversation())


def test_a_page_that_is_gone_without_a_word_is_noticed(monkeypatch):
    monkeypatch.setattr(module, "PING", 0.05)

    async def conversation() -> None:
        async with pages() as (reader, writer):
            writer.write(b"GET /socket HTTP/1.1\r\nHost: web.test\r\n" + UPGRADE + b"\r\n")
            assert (await head_of(reader)).startswith(b"HTTP/1.1 101 ")
            assert await reader.readexactly(2) == PING
            assert await reader.readexactly(1) == CLOSE

    run(conversation())
