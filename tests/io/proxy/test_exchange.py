import asyncio

import pytest

from support.proxied import (
    GET,
    HANDSHAKE,
    PAGE_LOAD,
    SWITCH,
    Backend,
    Hooks,
    answering,
    asked,
    echo_body,
    head_of,
    proxied,
    run,
    until,
)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\nok",
            b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n"
            b"Connection: close\r\n\r\nok",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 9\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"2\r\nok\r\n0\r\nX-Sum: 9\r\n\r\n",
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        (
            b"HTTP/1.1 103 Early Hints\r\nLink: </x.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nLink: </x.css>\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        (
            b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"d\r\nuntil the end\r\n0\r\n\r\n",
        ),
    ],
)
def test_relays_a_response(answer, expected):
    assert asked(answering(answer)) == expected


def test_the_request_arrives_as_it_was_sent_with_where_it_came_from():
    heads: list[bytes] = []

    async def script(reader, writer) -> None:
        heads.append(await head_of(reader))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    asked(script, b"GET /a%2Fb?c=d HTTP/1.1\r\nhost: web.test\r\nX-ODD-case: 1\r\nConnection: close\r\n\r\n")
    assert heads == [
        b"GET /a%2Fb?c=d HTTP/1.1\r\nhost: web.test\r\nX-ODD-case: 1\r\nX-Forwarded-For: 127.0.0.1\r\n"
        b"X-Forwarded-Proto: http\r\nX-Forwarded-Host: web.test\r\nX-Forwarded-Port: 80\r\n"
        b'Forwarded: for=127.0.0.1;host="web.test";proto=http\r\nX-Devserve-Loop: mark\r\n\r\n'
    ]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"", 502),
        (b"HTTP/1.1 200 OK\r\nContent-Len", 502),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 502),
        (b"HTTP/1.1 100 Continue\r\n\r\n", 502),
        (b"SSH-2.0-OpenSSH\r\n", 502),
    ],
)
def test_an_upstream_without_a_proper_answer_is_a_bad_gateway(answer, status):
    got = asked(answering(answer))
    assert got.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").startswith(b"HTTP/1.1 %d " % status)
    assert b"the last line" in got


def test_an_upstream_that_does_not_listen_is_named():
    got = asked(None)
    assert got.startswith(b"HTTP/1.1 503 ")
    assert b"web does not take connections" in got
    assert b"is it running?" in got


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n",
    ],
)
def test_a_response_that_breaks_off_never_looks_like_a_clean_end(answer):
    async def conversation() -> None:
        async with proxied(answering(answer)) as proxy:
            reader, writer = await proxy.open()
            writer.write(GET)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()

    run(conversation())


def test_a_request_lost_with_a_reused_connection_is_sent_again():
    served: list[bytes] = []

    async def script(reader, writer) -> None:
        served.append(await head_of(reader))
        if len(served) == 2:
            return  # closes as the pooled connection is used again
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        if len(served) == 1:
            served.append(await head_of(reader))

    async def conversation() -> None:
        async with proxied(script) as proxy:
            reader, writer = await proxy.open()
            writer.write(GET.replace(b"Connection: close\r\n", b"") + GET)
            assert (await reader.read()).count(b"200 OK") == 2
            writer.close()
            assert len(served) == 3

    run(conversation())


def test_bodies_stream_both_ways_at_once():
    async def conversation() -> None:
        size = 8 * 1024 * 1024
        async with proxied(echo_body) as proxy:
            reader, writer = await proxy.open()
            writer.write(b"POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: %d\r\n\r\n" % size)
            writer.write(b"first")
            await head_of(reader)
            assert await reader.readexactly(5) == b"first"  # long before the body is complete
            writer.write(b"x" * (size - 5))
            assert len(await reader.readexactly(size - 5)) == size - 5
            writer.close()

    run(conversation())


def test_half_a_body_never_looks_whole_to_the_upstream():
    seen: list[bytes] = []

    async def script(reader, writer) -> None:
        await head_of(reader)
        seen.append(await reader.readexactly(len(b"4\r\nhalf\r\n")))
        with pytest.raises(ConnectionResetError):
            await reader.read()
        seen.append(b"reset")

    async def conversation() -> None:
        async with proxied(script) as proxy:
            reader, writer = await proxy.open()
            writer.write(b"POST / HTTP/1.1\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
            await until(lambda: seen == [b"4\r\nhalf\r\n"])
            writer.write(b"zz\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
            writer.close()
            await until(lambda: seen[1:] == [b"reset"])

    run(conversation())


def test_a_client_that_leaves_is_seen_upstream_at_once():
    gone = asyncio.Event()

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        try:
            await reader.read()
        finally:
            gone.set()

    async def conversation() -> None:
        async with proxied(script) as proxy:
            reader, writer = await proxy.open()
            writer.write(GET)
            await reader.readuntil(b"data: 1\n\n")
            writer.close()
            await gone.wait()

    run(conversation())


def test_a_websocket_becomes_a_tunnel_and_loses_no_byte():
    async def script(reader, writer) -> None:
        assert b"Upgrade: websocket" in await head_of(reader)
        writer.write(SWITCH + b"hello")
        while data := await reader.read(100):
            writer.write(data.upper())

    async def conversation() -> None:
        async with proxied(script) as proxy:
            reader, writer = await proxy.open()
            writer.write(HANDSHAKE + b"early")
            assert await reader.readexactly(len(SWITCH)) == SWITCH
            assert await reader.readexactly(10) == b"helloEARLY"
            writer.write(b"more")
            assert await reader.readexactly(4) == b"MORE"
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()

    run(conversation())


def test_an_upgrade_that_the_upstream_declines_is_an_ordinary_answer():
    handshake = HANDSHAKE.replace(b"Connection: ", b"Connection: close, ")
    answer = asked(answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), handshake)
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_a_request_waits_for_its_service_and_then_goes_through():
    async def conversation() -> None:
        async with proxied(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as proxy:
            proxy.backend.ready = False
            asking = asyncio.ensure_future(proxy.ask(GET))  # noqa: TID251
            await until(lambda: proxy.site.served["web"].waiting == 1)
            proxy.backend.become(ready=True)
            assert (await asking).endswith(b"ok")
            assert proxy.site.served["web"].waiting == 0

    run(conversation())


@pytest.mark.parametrize("request_", [GET, HANDSHAKE])
def test_a_service_that_is_down_is_answered_for(request_):
    async def conversation() -> None:
        async with proxied(None) as proxy:
            proxy.backend.become(ready=False, coming=False)
            proxy.backend.condition = "down"
            reader, writer = await proxy.open()
            writer.write(request_)
            assert (await head_of(reader)).startswith(b"HTTP/1.1 503 ")
            assert b"web is down\nIt ended with exit status 1. " in await reader.read(1000)
            writer.close()

    run(conversation())


def test_a_request_lost_to_a_restart_waits_and_is_sent_again():
    async def conversation() -> None:
        started = asyncio.Event()
        served: list[bytes] = []

        async def script(reader, writer) -> None:
            served.append(await head_of(reader))
            if len(served) == 1:
                started.set()
                await reader.read(0)
                proxy.backend.ready = False  # the old process ends
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew")

        async with proxied(script) as proxy:
            asking = asyncio.ensure_future(proxy.ask(GET))  # noqa: TID251
            await started.wait()
            await until(lambda: proxy.site.served["web"].waiting == 1)
            proxy.backend.become(ready=True)
            assert (await asking).endswith(b"new")

    run(conversation())


def test_a_request_whose_loss_to_a_restart_is_seen_when_that_is_over_is_sent_again():
    async def conversation() -> None:
        served: list[bytes] = []

        async def script(reader, writer) -> None:
            served.append(await head_of(reader))
            if len(served) == 1:
                proxy.backend.starts += 1  # the new process is ready; this connection was the old one's
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew")

        async with proxied(script) as proxy:
            assert (await proxy.ask(GET)).endswith(b"new")

    run(conversation())


class EndsWhenDialled(Backend):
    """Is ready until a request has been let through: then its restart begins."""

    @property
    def starts(self) -> int:
        self.ready = False
        return 0

    @starts.setter
    def starts(self, _: int) -> None:
        pass


def test_a_request_that_is_refused_because_a_restart_has_begun_waits_for_its_end():
    async def conversation() -> None:
        async with proxied(None) as proxy:
            proxy.site.served["web"].backend = backend = EndsWhenDialled()
            asking = asyncio.ensure_future(proxy.ask(GET))  # noqa: TID251
            await until(lambda: proxy.site.served["web"].waiting == 1)
            port = proxy.site.routes.match("web.test", "/").origin.port
            script = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            async with await asyncio.start_server(script, "127.0.0.1", port):
                backend.become(ready=True)
                assert (await asking).endswith(b"ok")

    run(conversation())


def test_a_failure_page_comes_with_the_snippet():
    got = asked(None, PAGE_LOAD, hooks=Hooks())
    assert b"\r\nX-Devserve: injected\r\n" in got
    assert b"livereload.js?port=443" in got
    assert got.startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize("status", [b"403 Forbidden", b"200 OK"])
def test_nobodys_body_is_waited_for_behind_a_head_that_could_be_a_refusal(status):
    seen = asyncio.Event()

    async def slow(reader, writer) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 19\r\nX-Head: 1\r\n\r\n")
        await seen.wait()
        writer.write(b"Invalid Host heade!")

    async def conversation() -> None:
        async with proxied(slow) as proxy:
            reader, writer = await proxy.open()
            writer.write(GET)
            assert b"X-Head: 1" in await head_of(reader)
            seen.set()
            assert await reader.read() == b"Invalid Host heade!"
            writer.close()

    run(conversation())


def test_an_empty_forbidden_answer_passes():
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    assert asked(answering(answer)).startswith(b"HTTP/1.1 403 Forbidden\r\n")
