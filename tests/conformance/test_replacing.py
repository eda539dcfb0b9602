"""Requests that are on their way while a new configuration puts another service in the place of theirs, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace

import pytest

from devserve.config.values import Origin
from devserve.io.proxy.site import Served
from devserve.proxy.routes import Route
from support.proxied import USUAL, Backend, Hooks, Proxy, answering, free_port, head_of, proxied, run, until

GET = b"GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n"
OLD, NEW = (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n%s" % word for word in (b"old", b"new"))


def remove(proxy: Proxy) -> None:
    proxy.site.served.pop("web")
    proxy.site.routes.remove(lambda route: route.name == "web")


def put_in_place(proxy: Proxy, port: int, backend: Backend) -> None:
    service = replace(proxy.site.served["web"].service, timeouts=replace(USUAL, idle=1.0))
    remove(proxy)
    proxy.site.served["web"] = Served(service, backend, Hooks(edits_responses=False, tags=()))
    proxy.site.routes.add(Route("web.test", "/", Origin(port=port), service))


def scene(conversation: Callable[[Proxy, int], Coroutine[None, None, None]], script=None) -> None:
    async def played() -> None:
        other = await asyncio.start_server(answering(NEW), "127.0.0.1", 0)
        async with other, proxied(script or answering(OLD)) as proxy:
            await conversation(proxy, other.sockets[0].getsockname()[1])

    run(played())


@pytest.mark.parametrize("ready", [True, False])
def test_a_request_that_waits_goes_on_to_what_takes_its_services_place(ready):
    async def conversation(proxy: Proxy, port: int) -> None:
        old, new = proxy.backend, Backend(ready=ready)
        old.ready = False
        asking = asyncio.get_running_loop().create_task(proxy.ask(GET))
        await until(lambda: proxy.site.served["web"].waiting == 1)
        put_in_place(proxy, port, new)
        old.become(ready=False, coming=False)
        await until(lambda: ready or proxy.site.served["web"].waiting == 1)
        new.become(ready=True)
        assert (await asking).endswith(b"\r\n\r\nnew")

    scene(conversation)


def test_a_request_that_waits_for_what_is_removed_is_told_what_there_is():
    async def conversation(proxy: Proxy, _: int) -> None:
        proxy.backend.ready = False
        asking = asyncio.get_running_loop().create_task(proxy.ask(GET))
        await until(lambda: proxy.site.served["web"].waiting == 1)
        remove(proxy)
        proxy.backend.become(ready=False, coming=False)
        assert b"Nothing answers at web.test" in await asking

    scene(conversation)


def test_a_request_that_is_being_answered_ends_as_it_began():
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(OLD[:-2])
        await writer.drain()
        await go_on.wait()
        writer.write(OLD[-2:])
        await writer.drain()

    async def conversation(proxy: Proxy, port: int) -> None:
        reader, writer = await proxy.open()
        writer.write(GET)
        assert (await head_of(reader)).startswith(b"HTTP/1.1 200")
        put_in_place(proxy, port, Backend())
        assert (await proxy.ask(GET)).endswith(b"\r\n\r\nnew")
        go_on.set()
        assert await reader.read() == b"old"
        writer.close()

    go_on = asyncio.Event()
    scene(conversation, slow)


class GoesWhenDialled(Backend):
    """Is there until a request has been let through: then another one is put in its place."""

    put_other: Callable[[], None] = staticmethod(lambda: None)

    @property
    def starts(self) -> int:
        self.put_other()
        return 0

    @starts.setter
    def starts(self, _: int) -> None:
        pass


def test_a_request_that_finds_nobody_where_its_service_was_goes_on_to_the_new_one():
    async def conversation(proxy: Proxy, port: int) -> None:
        put_in_place(proxy, free_port(), going := GoesWhenDialled())
        going.put_other = lambda: put_in_place(proxy, port, Backend())
        assert (await proxy.ask(GET)).endswith(b"\r\n\r\nnew")

    scene(conversation)


def test_a_kept_connection_is_told_that_its_service_is_gone():
    async def conversation(proxy: Proxy, _: int) -> None:
        reader, writer = await proxy.open()
        kept = GET.replace(b"Connection: close\r\n", b"")
        writer.write(kept)
        await head_of(reader)
        assert await reader.readexactly(3) == b"old"
        remove(proxy)
        writer.write(kept)
        assert (await head_of(reader)).startswith(b"HTTP/1.1 503")
        writer.close()

    scene(conversation)
