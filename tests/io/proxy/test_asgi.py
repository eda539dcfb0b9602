import asyncio

import pytest

from devserve.io.proxy import asgi
from support.applications import request, served
from support.proxied import run, until


def ask(app, *requests):
    async def scene():
        async with served("asgi", app) as (_, asking):
            return [await asking(each) for each in requests]

    return run(scene())


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


async def start(send, status=200, *headers):
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def echo(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("no lifespan here")
    received = await receive()
    await start(send, 201, (b"content-type", b"text/plain"), (b"x-own", b"1"), (b"x-own", b"2"))
    said = [scope["method"], scope["scheme"], scope["path"], scope["query_string"].decode(), received["body"].decode()]
    await send({"type": "http.response.body", "body": " ".join(said).encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b"."})


def test_a_request_is_answered():
    get, post = ask(echo, request(target="/a%20b?x=1"), request("POST", body="hello"))
    assert get.startswith(b"HTTP/1.1 201 Created\r\n")
    assert get.count(b"X-Own: ") == 2
    assert b"GET https /a b x=1 " in get
    assert b"POST https /  hello" in post


def test_the_head_is_answered_without_a_body():
    (head,) = ask(echo, request("HEAD"))
    assert head.startswith(b"HTTP/1.1 201 Created\r\n")
    assert body(head) == b""


def test_headers_and_host_are_told():
    seen = {}

    async def app(scope, receive, send):
        seen.update(scope)
        await start(send, 204)
        await send({"type": "http.response.body"})

    (answer,) = ask(app, request("GET", "/", "Cookie: a=1"))
    assert answer.startswith(b"HTTP/1.1 204 No Content")
    assert (b"cookie", b"a=1") in seen["headers"]
    assert (seen["server"], seen["asgi"]["version"]) == (("web.test", 8443), "3.0")


async def fails_at_once(scope, receive, send):
    raise KeyError("oops")


async def fails_later(scope, receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise KeyError("oops")


async def stops_early(scope, receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


async def says_nothing(scope, receive, send):
    return


@pytest.mark.parametrize(
    ("app", "begins", "said"),
    [
        (fails_at_once, b"HTTP/1.1 500 ", "KeyError: 'oops'"),
        (says_nothing, b"HTTP/1.1 500 ", "returned before its response was complete"),
        (fails_later, b"HTTP/1.1 200 ", "KeyError: 'oops'"),
        (stops_early, b"HTTP/1.1 200 ", "returned before its response was complete"),
    ],
)
def test_an_answer_that_fails_never_looks_whole(caplog, app, begins, said):
    (answer,) = ask(app, request())
    assert answer.startswith(begins)
    assert not answer.endswith(b"0\r\n\r\n")
    assert "web: its application failed at /: " in caplog.text
    assert said in caplog.text


def test_the_application_hears_of_its_start_and_end():
    heard = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            heard.append((await receive())["type"])
            await asyncio.sleep(0)
            await send({"type": "lifespan.startup.complete"})
            heard.append((await receive())["type"])
            await send({"type": "lifespan.shutdown.complete"})
            return
        heard.append(scope["path"])
        await echo(scope, receive, send)

    ask(app, request())
    assert heard == ["lifespan.startup", "/", "lifespan.shutdown"]


def test_requests_have_what_the_start_has_made():
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            scope["state"]["pool"] = ["one"]
            await send({"type": "lifespan.startup.complete"})
            return
        await start(send)
        scope["state"]["own"] = True
        await send({"type": "http.response.body", "body": repr(scope["state"]).encode()})

    for each in ask(app, request(), request()):
        assert b"{'pool': ['one'], 'own': True}" in each


async def says_that_it_failed(scope, receive, send):
    await send({"type": "lifespan.startup.failed", "message": "Traceback (most recent call last):\nno database\n"})


async def says_and_raises(scope, receive, send):
    await send({"type": "lifespan.startup.failed", "message": "Traceback"})
    raise KeyError("DATABASE_URL")


@pytest.mark.parametrize(
    ("app", "why"),
    [(says_that_it_failed, "no database"), (says_and_raises, f"{__file__}:138: KeyError: 'DATABASE_URL'")],
)
def test_a_start_that_fails_is_said_and_nobody_is_answered_by_half_an_application(caplog, app, why):
    first, second = ask(app, request(), request())
    assert first == second
    assert first.startswith(b"HTTP/1.1 500 ")
    assert body(first) == b"The application could not start; devserve's terminal says why.\n"
    assert caplog.messages == [f"web: its application could not start: {why}; mend it and save the plugin's file"]


def test_a_start_that_takes_too_long_is_said_and_waited_for_no_longer(caplog, monkeypatch):
    monkeypatch.setattr(asgi, "SECONDS", 0.01)

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await asyncio.Event().wait()
        await echo(scope, receive, send)

    assert ask(app, request())[0].startswith(b"HTTP/1.1 201")
    assert "web: its application has not started in 0.01 s, so requests go to it now" in caplog.text


@pytest.mark.parametrize("raises", [True, False])
def test_an_end_that_fails_is_said(caplog, raises):
    async def app(scope, receive, send):
        if scope["type"] != "lifespan":
            await echo(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if raises:
            raise KeyError("left")
        await send({"type": "lifespan.shutdown.failed", "message": "KeyError: 'left'"})

    ask(app, request())
    (said,) = caplog.messages
    assert said.startswith("web: its application could not end well: ")
    assert said.endswith("KeyError: 'left'")


def test_the_application_hears_when_the_client_goes():
    heard = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            raise RuntimeError
        await receive()
        await start(send)
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        heard.append((await receive())["type"])
        await send({"type": "http.response.body", "body": b"too late"})

    async def scene() -> None:
        async with served("asgi", app) as (applications, _):
            (origin,) = applications._served
            reader, writer = await asyncio.open_unix_connection(sock=applications.connect(origin))
            writer.write(request())
            await reader.readuntil(b"first")
            writer.close()
            await until(lambda: heard == ["http.disconnect"])

    run(scene())
