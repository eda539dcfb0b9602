"""Which connection carries a request, and which request is sent twice: RFC 9110 9.2.2, RFC 9112 9.3.1, end to end."""

from __future__ import annotations

import asyncio

import pytest

from support.conformance_client import Client
from support.conformance_stage import staged
from support.proxied import Proxy, head_of, until
from support.wire import head

KEPT = head("HTTP/1.1 200 OK", "Content-Length: 2") + b"ok"
STALE = 4


class Mortal:
    """An upstream whose first connections each serve one request and die, with `last_words`, at the next."""

    def __init__(self, mortals: int = 1, last_words: bytes = b"") -> None:
        self.mortals = mortals
        self.last_words = last_words
        self.served: list[tuple[int, bytes]] = []  # connection and method of each request
        self.connections = 0
        self.all_asked = asyncio.Event()

    async def script(self, reader, writer) -> None:
        self.connections += 1
        number = self.connections
        requests = 0
        while True:
            try:
                request = await head_of(reader)
            except asyncio.IncompleteReadError:
                return
            if b"Content-Length: 4" in request:
                await reader.readexactly(4)
            requests += 1
            self.served.append((number, request.split(b" ")[0]))
            if number <= self.mortals and requests == 2:
                writer.write(self.last_words)
                return
            if len(self.served) >= self.mortals:
                self.all_asked.set()
            await self.all_asked.wait()  # so that each of the first requests has a connection of its own
            writer.write(KEPT)


async def asked(proxy: Proxy, method: bytes, *, body: bool = False) -> int:
    """Ask on a connection of its own; return the status."""
    lines = ["Host: web.test", *(["Content-Length: 4"] if body else [])]
    async with Client.to(proxy) as client:
        await client.send([head(f"{method.decode()} / HTTP/1.1", *lines) + (b"body" if body else b"")])
        await client.answered([method])
    return client.answers[0].status


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"PUT"])
def test_a_request_that_may_be_sent_twice_survives_connections_that_die_at_reuse(method):
    upstream = Mortal(STALE)

    async def conversation(proxy: Proxy) -> int:
        await asyncio.gather(*[asked(proxy, b"GET") for _ in range(STALE)])
        status = await asked(proxy, method)
        await until(lambda: all(stream.lost for stream in proxy.sweeper._streams if stream.eof))  # no dead one is kept
        return status

    with staged(upstream.script) as stage:
        assert stage.run(conversation(stage.proxy)) == 200
        assert [each for _, each in upstream.served] == [b"GET"] * STALE + [
            method
        ] * 2  # one retry, on a new connection
        assert upstream.served[-1][0] == STALE + 1
        stage.check()


@pytest.mark.parametrize(("method", "body"), [(b"POST", False), (b"POST", True), (b"PATCH", True), (b"PUT", True)])
def test_a_request_that_could_not_be_sent_again_takes_no_connection_that_may_be_dead(method, body):
    upstream = Mortal()

    async def conversation(proxy: Proxy) -> list[int]:
        return [await asked(proxy, b"GET"), await asked(proxy, method, body=body)]

    with staged(upstream.script) as stage:
        assert stage.run(conversation(stage.proxy)) == [200, 200]
        assert upstream.served == [(1, b"GET"), (2, method)]
        stage.check()


def test_nothing_is_sent_again_once_a_byte_of_the_answer_was_seen():
    upstream = Mortal(last_words=b"H")

    async def conversation(proxy: Proxy) -> list[int]:
        return [await asked(proxy, b"GET"), await asked(proxy, b"GET")]

    with staged(upstream.script) as stage:
        assert stage.run(conversation(stage.proxy)) == [200, 502]
        assert upstream.served == [(1, b"GET"), (1, b"GET")]
        stage.check()


def test_nothing_is_sent_again_that_was_lost_with_a_new_connection():
    upstream = Mortal(mortals=0)

    async def dies(reader, writer) -> None:
        upstream.served.append((1, (await head_of(reader)).split(b" ")[0]))

    with staged(dies) as stage:
        assert stage.run(asked(stage.proxy, b"GET")) == 502
        assert upstream.served == [(1, b"GET")]
        stage.check()
