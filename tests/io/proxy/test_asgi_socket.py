import asyncio
import socket

import pytest
from tornado.httpclient import HTTPClientError  # noqa: TID251 - websocket_connect raises it
from tornado.websocket import WebSocketClosedError

from devserve.io.proxy.applications import Served
from devserve.io.proxy.asgi_socket import MOST_WAITING
from devserve.run.application import Application
from support.applications import listening
from support.proxied import HANDSHAKE, run, until

CONNECT = {"type": "websocket.connect"}
ACCEPT = {"type": "websocket.accept"}


def sockets_only(app):
    """An application without a lifespan; `app` is given what concerns its WebSockets."""

    async def whole(scope, receive, send):
        if scope["type"] != "websocket":
            raise RuntimeError("WebSockets only")
        assert await receive() == CONNECT
        await app(scope, receive, send)

    return whole


@sockets_only
async def echo(scope, receive, send):
    await send(ACCEPT)
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


def test_what_is_sent_comes_back_in_order():
    async def scene() -> None:
        async with listening(echo) as served:
            socket = await served.socket()
            sent = ["first", b"\x00\xff", "ü" * 100_000, ""]
            for each in sent:
                await socket.write_message(each, binary=isinstance(each, bytes))
            assert [await socket.read_message() for _ in sent] == sent
            socket.close()
            assert await socket.read_message() is None

    run(scene())


def test_what_is_sent_right_after_it_was_accepted_arrives():
    @sockets_only
    async def app(scope, receive, send):
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": "hello", "bytes": None})
        await send({"type": "websocket.send", "bytes": b"you"})

    async def scene() -> None:
        async with listening(app) as served:
            socket = await served.socket()
            assert [await socket.read_message() for _ in range(3)] == ["hello", b"you", None]
            assert socket.close_code == 1000

    run(scene())


def test_the_application_knows_who_asks_for_what():
    seen = {}

    @sockets_only
    async def app(scope, receive, send):
        seen.update(scope)
        headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
        await send({**ACCEPT, "subprotocol": "chat.v2", "headers": headers})

    async def scene() -> None:
        async with listening(app) as served:
            socket = await served.socket("/a%20b?x=1", "chat.v1", "chat.v2", Cookie="c=3")
            assert socket.selected_subprotocol == "chat.v2"
            assert socket.headers.get_list("Set-Cookie") == ["a=1", "b=2"]
            assert "Server" not in socket.headers

    run(scene())
    assert (seen["type"], seen["scheme"], seen["path"], seen["query_string"]) == ("websocket", "wss", "/a b", b"x=1")
    assert seen["subprotocols"] == ["chat.v1", "chat.v2"]
    assert (b"cookie", b"c=3") in seen["headers"]


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ({"code": 4001, "reason": "signed out"}, 4001, "signed out"),
        ({"code": 1001}, 1001, None),
        ({}, 1000, None),
        ({"code": 1000, "reason": ""}, 1000, None),
    ],
)
def test_the_client_hears_why_the_application_closed_it(message, code, reason):
    heard = []

    @sockets_only
    async def app(scope, receive, send):
        await send(ACCEPT)
        await send({"type": "websocket.close", **message})
        heard.append(await receive())
        await send({"type": "websocket.send", "text": "too late"})
        heard.append(await receive())

    async def scene() -> None:
        async with listening(app) as served:
            socket = await served.socket()
            assert await socket.read_message() is None
            assert (socket.close_code, socket.close_reason) == (code, reason)
            await until(lambda: len(heard) == 2)

    run(scene())
    assert heard == [{"type": "websocket.disconnect", "code": code, "reason": ""}] * 2


@pytest.mark.parametrize(("code", "told"), [(4002, 4002), (None, 1005)])
def test_the_application_hears_why_the_client_closed_it(code, told):
    heard = []

    @sockets_only
    async def app(scope, receive, send):
        await send(ACCEPT)
        heard.append(await receive())

    async def scene() -> None:
        async with listening(app) as served:
            socket = await served.socket()
            socket.close(code, "enough" if code else None)
            await until(lambda: bool(heard))

    run(scene())
    assert heard == [{"type": "websocket.disconnect", "code": told, "reason": "enough" if code else ""}]


def test_the_application_hears_of_a_client_that_is_just_gone_though_it_was_behind():
    heard = []
    go_on = asyncio.Event()

    @sockets_only
    async def app(scope, receive, send):
        await send(ACCEPT)
        await go_on.wait()
        while (message := await receive())["type"] == "websocket.receive":
            heard.append(message["text"])
        heard.append(message["code"])

    async def scene() -> None:
        async with listening(app) as served:
            socket = await served.socket()
            sent = [str(number) for number in range(MOST_WAITING * 2)]
            for each in sent:
                await socket.write_message(each)
            await asyncio.sleep(0)
            go_on.set()
            await until(lambda: len(heard) == len(sent))
            socket.protocol.stream.close()
            await until(lambda: heard == [*sent, 1005])

    run(scene())


async def refusal(served, *offered) -> HTTPClientError:
    with pytest.raises(HTTPClientError) as raised:
        await served.socket("/", *offered)
    return raised.value


async def closes(scope, receive, send):
    await send({"type": "websocket.close", "code": 4003})
    assert (await receive())["type"] == "websocket.disconnect"


async def answers(scope, receive, send):
    await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Basic")]})
    await send({"type": "websocket.http.response.body", "body": b"sign ", "more_body": True})
    await send({"type": "websocket.http.response.body", "body": b"in"})


async def raises(scope, receive, send):
    raise KeyError("oops")


async def returns(scope, receive, send):
    pass


async def accepts_another(scope, receive, send):
    await send({**ACCEPT, "subprotocol": "chat.v3"})


async def sends_first(scope, receive, send):
    await send({"type": "websocket.send", "text": "x"})


async def takes_it_for_a_request(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})


@pytest.mark.parametrize(
    ("app", "status", "said"),
    [
        (closes, 403, ""),
        (answers, 401, ""),
        (raises, 500, "KeyError: 'oops'"),
        (returns, 500, "returned before it accepted the WebSocket or refused it"),
        (accepts_another, 500, "accepts the subprotocol chat.v3, which the client does not offer"),
        (sends_first, 500, "websocket.send makes no sense here: the WebSocket is neither accepted nor refused"),
        (takes_it_for_a_request, 500, "http.response.start makes no sense here"),
    ],
)
def test_a_socket_that_is_not_accepted_is_an_answer(caplog, app, status, said):
    async def scene() -> None:
        async with listening(sockets_only(app)) as served:
            error = await refusal(served, "chat.v1")
            assert error.code == status
            if status == 401:
                assert error.response.headers["WWW-Authenticate"] == "Basic"

    run(scene())
    assert len(caplog.messages) == bool(said)
    assert said in caplog.text
    if said:
        assert caplog.messages[0].startswith("web: the application of tool.py failed at /: ")


def test_an_application_that_fails_closes_its_socket_with_1011(caplog):
    @sockets_only
    async def app(scope, receive, send):
        await send(ACCEPT)
        raise KeyError("oops")

    async def scene() -> None:
        async with listening(app) as served:
            socket = await served.socket()
            assert await socket.read_message() is None
            assert socket.close_code == 1011

    run(scene())
    assert "web: the application of tool.py failed at /: " in caplog.text


def test_no_socket_is_opened_by_an_application_that_could_not_start(caplog):
    async def app(scope, receive, send):
        assert scope["type"] == "lifespan"
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    async def scene() -> None:
        async with listening(app) as served:
            assert (await refusal(served)).code == 500

    run(scene())
    assert "web: the application of tool.py could not start: no database" in caplog.text


def test_its_sockets_end_with_it():
    heard = []

    @sockets_only
    async def app(scope, receive, send):
        await send(ACCEPT)
        heard.append((await receive())["type"])

    async def scene() -> None:
        async with listening(app) as served:
            socket = await served.socket()
            await served.end()
            assert await socket.read_message() is None
            with pytest.raises(WebSocketClosedError):
                await socket.write_message("x")
            await until(lambda: heard == ["websocket.disconnect"])

    run(scene())


def test_who_leaves_before_an_answer_is_not_waited_for():
    heard = []

    @sockets_only
    async def app(scope, receive, send):
        heard.append("asked")
        heard.append((await receive())["code"])
        await send(ACCEPT)

    async def scene() -> None:
        async with listening(app) as served:
            _, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(HANDSHAKE)
            await until(lambda: bool(heard))
            writer.close()
            await until(lambda: heard == ["asked", 1006])

    run(scene())


def test_who_leaves_before_the_application_has_started_is_not_told_of():
    asked = []
    has_begun, go_on = asyncio.Event(), asyncio.Event()

    async def app(scope, receive, send):
        if scope["type"] == "websocket":
            asked.append(await receive())
            return
        has_begun.set()
        await go_on.wait()
        await send({"type": "lifespan.startup.complete"})

    async def scene() -> None:
        served = Served("web", Application("asgi", app, "tool.py"))
        connection, client = socket.socketpair()
        connection.setblocking(False)
        served.take(connection)
        (stream,) = served._streams
        client.sendall(HANDSHAKE)
        await has_begun.wait()
        client.close()
        await until(stream.closed)
        go_on.set()
        await served.close()

    run(scene())
    assert asked == []


def test_what_is_no_websocket_of_rfc_6455_is_refused_and_the_application_hears_of_its_end():
    heard = []

    @sockets_only
    async def app(scope, receive, send):
        await send(ACCEPT)
        heard.append((await receive())["type"])

    async def scene() -> bytes:
        async with listening(app) as served:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            status = await reader.readline()
            await until(lambda: heard == ["websocket.disconnect"])
            writer.close()
            return status

    assert run(scene()).startswith(b"HTTP/1.1 426 ")
