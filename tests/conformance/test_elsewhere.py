"""What is asked elsewhere: a remote under its own name, and a fallback while the service does not run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from devserve.config.values import Origin
from devserve.io.tasks import spawn
from devserve.proxy.routes import Remote, Route
from support.proxied import (
    GET,
    HANDSHAKE,
    PAGE_LOAD,
    SWITCH,
    WithoutHotClient,
    answering,
    asked,
    free_port,
    head_of,
    proxied,
    run,
    until,
)


@asynccontextmanager
async def a_fallback(answer: bytes) -> AsyncIterator[Origin]:
    async def play(reader, writer) -> None:
        await answering(answer)(reader, writer)

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    try:
        yield Origin(port=server.sockets[0].getsockname()[1])
    finally:
        server.close()


LOCAL_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlocal"
THERE_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere"
STARTED = ("npm", "start")


@pytest.mark.parametrize(
    ("script", "command", "ready", "coming", "said"),
    [
        (answering(LOCAL_ANSWER), STARTED, True, False, b"local"),
        (answering(LOCAL_ANSWER), STARTED, False, False, b"there"),
        (None, STARTED, False, False, b"there"),
        (None, STARTED, True, False, b"web does not take connections"),
        (answering(LOCAL_ANSWER), (), True, False, b"local"),
        (None, (), True, False, b"there"),
    ],
    ids=["runs", "ended", "gone", "hangs", "runs elsewhere", "does not run elsewhere"],
)
def test_the_fallback_answers_only_while_the_service_does_not_run(script, command, ready, coming, said):
    async def scene() -> bytes:
        async with a_fallback(THERE_ANSWER) as there, proxied(script, fallback=there, command=command) as proxy:
            proxy.backend.ready, proxy.backend.coming = ready, coming
            return await proxy.ask(GET)

    answer = run(scene())
    assert said in answer
    assert (b"\r\nX-Devserve-Upstream: fallback\r\n" in answer) is (said == b"there")


PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<head></head>"


def test_a_page_of_the_fallback_gets_the_script_although_the_service_has_a_hot_client_of_its_own():
    async def scene() -> bytes:
        hooks = WithoutHotClient()
        async with a_fallback(PAGE) as there, proxied(None, fallback=there, command=STARTED, hooks=hooks) as proxy:
            proxy.site.served["web"].has_hot_client("vite")
            proxy.backend.ready = proxy.backend.coming = False
            return await proxy.ask(PAGE_LOAD)

    answer = run(scene())
    assert b"livereload.js" in answer
    assert b"\r\nCache-Control: no-store\r\n" in answer


def test_a_page_that_the_service_was_asked_for_before_it_ended_gets_the_script_of_the_fallback():
    async def scene() -> bytes:
        async with a_fallback(PAGE) as there, proxied(None, fallback=there, hooks=WithoutHotClient()) as proxy:

            async def end(reader, writer) -> None:
                await head_of(reader)
                server.close()
                proxy.backend.starts += 1
                writer.close()

            port = proxy.site.routes.match("web.test", "/").origin.port
            server = await asyncio.start_server(end, "127.0.0.1", port)
            proxy.site.served["web"].has_hot_client("vite")
            return await proxy.ask(PAGE_LOAD)

    assert b"livereload.js" in run(scene())


@pytest.mark.parametrize(("ready", "said"), [(True, b"local"), (False, b"there")])
def test_a_request_waits_for_a_service_that_starts_before_it_falls_back(ready, said):
    async def scene() -> bytes:
        async with (
            a_fallback(THERE_ANSWER) as there,
            proxied(answering(LOCAL_ANSWER), fallback=there, command=STARTED) as proxy,
        ):
            proxy.backend.ready = False
            asking = spawn(proxy.ask(GET), "ask")
            await until(lambda: proxy.site.served["web"].waiting == 1)
            proxy.backend.become(ready=ready, coming=False)
            return await asking

    assert said in run(scene())


def test_a_page_says_when_the_fallback_does_not_answer_either():
    async def scene() -> bytes:
        gone = Origin(port=free_port())
        async with proxied(None, fallback=gone, command=STARTED) as proxy:
            proxy.backend.ready, proxy.backend.coming, proxy.backend.condition = False, False, "down"
            return await proxy.ask(GET)

    answer = run(scene())
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"web is down\ndevserve dialled its fallback http://127.0.0.1:" in answer


STAGING = Remote("https", "staging.test", 443)


@pytest.mark.parametrize(
    ("request_head", "answer", "expected"),
    [
        (
            GET,
            b"HTTP/1.1 302 Found\r\nLocation: https://staging.test/a\r\nContent-Length: 0\r\n"
            b"Set-Cookie: a=1; Domain=staging.test; Path=/\r\nStrict-Transport-Security: max-age=9\r\n\r\n",
            b"HTTP/1.1 302 Found\r\nLocation: http://web.test/a\r\nContent-Length: 0\r\n"
            b"Set-Cookie: a=1; Path=/\r\nConnection: close\r\n\r\n",
        ),
        (
            GET,
            b"HTTP/1.1 103 Early Hints\r\nLink: <https://staging.test/x.css>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nLink: <http://web.test/x.css>\r\n\r\n"
            b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        ),
        (
            HANDSHAKE,
            SWITCH.replace(b"X-Own: 1", b"Set-Cookie: a=1; Domain=staging.test"),
            SWITCH.replace(b"X-Own: 1", b"Set-Cookie: a=1"),
        ),
    ],
    ids=["redirect", "early hints", "WebSocket"],
)
def test_the_answers_of_a_remote_name_our_origin(request_head, answer, expected):
    assert asked(answering(answer), request_head, remote=STAGING, sent_host=b"staging.test") == expected


def test_a_remote_is_asked_under_its_own_name():
    heads: list[bytes] = []

    async def script(reader, writer) -> None:
        heads.append(await head_of(reader))
        writer.write(SWITCH)

    request = HANDSHAKE.replace(b"\r\n\r\n", b"\r\nOrigin: http://web.test\r\n\r\n")
    assert asked(script, request, remote=STAGING, sent_host=b"staging.test") == SWITCH
    assert heads[0].startswith(b"GET /ws HTTP/1.1\r\nHost: staging.test\r\n")
    assert b"\r\nOrigin: https://staging.test\r\n" in heads[0]
    assert b"Forwarded" not in heads[0]


def test_a_remote_may_lead_to_the_remote_of_another_service():
    answer = b"HTTP/1.1 302 Found\r\nLocation: https://auth.staging.test/login\r\nContent-Length: 0\r\n\r\n"

    async def scene() -> bytes:
        async with proxied(answering(answer), remote=STAGING) as proxy:
            auth = Remote("https", "auth.staging.test", 443)
            proxy.site.routes.add(Route("auth.test", "/", Origin(port=free_port()), remote=auth))
            return await proxy.ask(GET)

    assert b"\r\nLocation: http://auth.test/login\r\n" in run(scene())
