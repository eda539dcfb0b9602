import asyncio
from contextlib import asynccontextmanager

import pytest
from tornado.web import RequestHandler

from devserve.io.builtin import Builtin
from devserve.proxy.overview import Row
from support.proxied import head_of, run


class Hello(RequestHandler):
    def get(self) -> None:
        self.finish("hello")


@asynccontextmanager
async def pages():
    builtin = Builtin([(r"/hello", Hello)], lambda: [Row("web", "https://web.test/", "3001", "ready")])
    reader, writer = await asyncio.open_unix_connection(sock=builtin.connect())
    yield reader, writer
    writer.close()
    await builtin.close()


async def asked(reader, writer, path: str, host: str) -> tuple[bytes, bytes]:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = await head_of(reader)
    length = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
    return head, await reader.readexactly(int(length))


@pytest.mark.parametrize(
    ("path", "host", "status", "found"),
    [
        ("/", "devserve.localhost", b"200", b"https://web.test/"),
        ("/", "devserve.localhost:8443", b"200", b"https://web.test/"),
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


def test_the_overview_may_not_be_framed_and_runs_no_script():
    async def conversation() -> None:
        async with pages() as (reader, writer):
            head, _ = await asked(reader, writer, "/", "devserve.localhost")
            assert b"default-src 'none'" in head
            assert b"frame-ancestors 'none'" in head

    run(conversation())
