"""Pages at a livereload host, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from devserve.io.live.livereload import LARGEST_FRAME
from devserve.live.message import Message
from devserve.live.problems import Problem
from devserve.live.protocol import reload
from support.live import HELLO, PLUGINS, a_page, connected, fetch, new_live_sockets, request, said, serving, until

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", KEY]


async def heard_by(page, live, service):
    """Tell a service and wait until the page is counted."""
    await until(lambda: live.tell(service, [reload("/site.css")]) == 1)
    return await said(page)


def test_answers_a_pages_hello_and_tells_it_of_its_service():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as page:
            message = await heard_by(page, live, "web")
            assert message == {"command": "reload", "path": "/site.css", "liveCSS": True, "liveImg": True}

    asyncio.run(scenario())


def test_says_nothing_before_the_pages_hello():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, connected(port) as page:
            assert live.tell("web", [reload("/site.css")]) == 0
            await page.write_message(HELLO)
            assert (await said(page))["command"] == "hello"

    asyncio.run(scenario())


def test_each_page_hears_of_its_own_service_only():
    async def scenario():
        live = new_live_sockets()
        async with (
            serving(live) as port,
            a_page(port) as web,
            a_page(port, "https://mail.test/", origin="https://mail.test", host="livereload.mail.test") as mail,
        ):
            assert (await heard_by(web, live, "web"))["path"] == "/site.css"
            assert live.tell("mail", [reload("/mail.css")]) == 1
            assert (await said(mail))["path"] == "/mail.css"

    asyncio.run(scenario())


def test_messages_arrive_in_order():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as page:
            assert await until(lambda: live.tell("web", [reload("/a.css"), reload("/b.css")]))
            assert [(await said(page))["path"] for _ in range(2)] == ["/a.css", "/b.css"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://example.com",
        "https://127.0.0.1",
        "https://livereload.web.test",
        "https://web.test.example.com",
    ],
)
@pytest.mark.parametrize("site", [None, "same-origin"])
def test_refuses_other_origins(origin, site):
    async def scenario():
        more = [f"Origin: {origin}"] if origin else []
        more += [f"Sec-Fetch-Site: {site}"] if site else []
        async with serving(new_live_sockets()) as port:
            head, _ = await fetch(port, "/livereload", *UPGRADE, *more)
            assert head.startswith("HTTP/1.1 403")

    asyncio.run(scenario())


def test_the_refusal_is_a_sentence():
    live = new_live_sockets()
    assert live.refusal("https://web.test") == ""
    assert "'https://example.com' is not one of the hosts" in live.refusal("https://example.com")
    assert "no Origin field" in live.refusal(None)


@pytest.mark.parametrize(
    "frame",
    [
        "!!ver:1.6",
        '{"command":"info","plugins":{},"url":"https://web.test/"}',
        '{"command":"hello","protocols":["http://livereload.com/protocols/official-6"]}',
        "[" * 50_000,
        b"\x00\x01",
    ],
    ids=lambda frame: str(frame[:12]),
)
def test_a_malformed_frame_closes_that_socket_only(frame):
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as healthy, connected(port) as hostile:
            await hostile.write_message(frame, binary=isinstance(frame, bytes))
            assert await said(hostile) is None
            assert hostile.close_code == 1002
            assert (await heard_by(healthy, live, "web"))["path"] == "/site.css"

    asyncio.run(scenario())


def test_a_frame_that_is_too_large_closes_the_socket():
    async def scenario():
        async with serving(new_live_sockets()) as port, connected(port) as page:
            await page.write_message("x" * (LARGEST_FRAME + 1))
            assert await said(page) is None

    asyncio.run(scenario())


def test_a_command_that_protocol_7_does_not_have_is_ignored():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as page:
            await page.write_message('{"command":"something"}')
            assert (await heard_by(page, live, "web"))["command"] == "reload"

    asyncio.run(scenario())


def test_a_page_that_says_no_hello_is_closed():
    async def scenario():
        async with serving(new_live_sockets(handshake=0.02)) as port, connected(port) as page:
            assert await said(page) is None
            assert (page.close_code, page.close_reason) == (1008, "no hello in time")

    asyncio.run(scenario())


def test_a_page_that_has_left_is_not_counted():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port:
            async with a_page(port) as page:
                await heard_by(page, live, "web")
            await until(lambda: live.tell("web", [reload("/site.css")]) == 0)
            assert repr(live) == "<LiveSockets 0 of 0 greeted>"

    asyncio.run(scenario())


def test_a_page_that_does_not_read_is_given_up_and_delays_nobody():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as healthy:
            stuck = await stuck_page(port)
            told = await until(lambda: live.tell("web", [reload("/" + "x" * 60_000)]))
            assert told == 2
            while told == 2:
                assert (await said(healthy))["command"] == "reload"
                told = live.tell("web", [reload("/" + "x" * 60_000)])
            assert told == 1
            assert (await said(healthy))["command"] == "reload"
            stuck.close()

    asyncio.run(scenario())


async def stuck_page(port):
    """Return the socket of a page that shakes hands and then reads no more."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    payload = HELLO.encode()
    # A client's frame is masked (RFC 6455, section 5.3); a mask of zeros leaves the payload as it is.
    frame = bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload
    await loop.sock_sendall(client, request("/livereload", "Origin: https://web.test", *UPGRADE) + frame)
    while b"official-7" not in await loop.sock_recv(client, 4096):
        pass
    return client


def test_refuses_more_pages_than_the_limit(monkeypatch):
    monkeypatch.setattr("devserve.io.live.livereload.MOST_SOCKETS", 1)

    async def scenario():
        async with serving(new_live_sockets()) as port, a_page(port):
            head, body = await fetch(port, "/livereload", "Origin: https://web.test", *UPGRADE)
            assert head.startswith("HTTP/1.1 403")
            assert body == b"1 pages are connected, that is the limit: close some"

    asyncio.run(scenario())


def test_close_ends_every_socket():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as page:
            live.close()
            assert await said(page) is None
            assert page.close_code == 1001

    asyncio.run(scenario())


def test_an_info_frame_moves_the_page():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as page:
            await heard_by(page, live, "web")
            await page.write_message(json.dumps({"command": "info", "plugins": {}, "url": "https://mail.test/"}))
            assert (await heard_by(page, live, "mail"))["path"] == "/site.css"
            assert live.tell("web", [reload("/site.css")]) == 0

    asyncio.run(scenario())


def test_a_save_while_the_page_is_leaving_reaches_the_page_in_its_place():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port:
            async with a_page(port) as leaving:
                assert (await heard_by(leaving, live, "web"))["path"] == "/site.css"
                live.tell("web", [reload("/first.html", live_css=False)])
                live.tell("web", [reload("/second.html", live_css=False)])
            async with a_page(port) as page:
                assert (await said(page))["path"] == "/second.html"
            async with a_page(port) as another:
                live.tell("web", [reload("/third.html", live_css=False)])
                assert (await said(another))["path"] == "/third.html"

    asyncio.run(scenario())


def test_a_page_that_is_told_a_missed_load_leaves_as_well_and_the_next_in_its_place_misses_nothing():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port:
            async with a_page(port) as leaving:
                assert (await heard_by(leaving, live, "web"))["path"] == "/site.css"
                live.tell("web", [LOAD])
                live.tell("web", [LOAD])
            async with a_page(port) as leaving:
                assert (await said(leaving))["path"] == "/"
                live.tell("web", [reload("/late.css")])  # it may have begun to load itself already
            async with a_page(port) as page:
                assert (await said(page))["path"] == "/late.css"

    asyncio.run(scenario())


@pytest.mark.parametrize("origin", ["chrome-extension://jnihajbhpnppcggbcgedagnkighmdlei", "moz-extension://0a1b-2c"])
def test_a_browsers_livereload_extension_may_connect(origin):
    async def scenario():
        live = new_live_sockets()
        hello = {**json.loads(HELLO), "ext": "Chrome", "extver": "2.1.0", "snipver": "1"}
        async with serving(live) as port, connected(port, origin=origin) as page:
            await page.write_message(json.dumps(hello))
            assert (await said(page))["command"] == "hello"
            await page.write_message(json.dumps({"command": "info", "plugins": {}, "url": "https://web.test/"}))
            assert (await heard_by(page, live, "web"))["path"] == "/site.css"

    asyncio.run(scenario())


LOAD = reload("/", live_css=False, live_image=False)
BROKEN = Problem("gulp css", "gulp css failed", ("<b>no such file</b>",))


def test_messages_wait_until_the_service_is_ready():
    async def scenario():
        ready = set()
        live = new_live_sockets(is_ready=lambda service: service in ready)
        async with serving(live) as port, a_page(port) as page:
            await until(lambda: live.tell("web", [reload("/a.css")]) == 1)
            live.tell("web", [LOAD])
            live.tell("web", [reload("/b.css")])
            ready.add("web")
            live.ready("web")
            live.tell("web", [reload("/last.css")])
            assert [await said(page), await said(page)] == [json.loads(LOAD), json.loads(reload("/last.css"))]

    asyncio.run(scenario())


def test_a_service_that_is_ready_has_its_pages_told_once():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as page:
            await heard_by(page, live, "web")
            live.ready("web", (LOAD,))
            live.ready("web")
            live.tell("web", [reload("/last.css")])
            assert [(await said(page))["path"] for _ in range(2)] == ["/", "/last.css"]

    asyncio.run(scenario())


def test_problems_are_shown_by_pages_that_have_our_plugin_and_no_others():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port, plugins=PLUGINS) as page, a_page(port) as plain:
            await until(lambda: live.tell("web", [reload("/a.css")]) == 2)
            live.problem("web", BROKEN)
            live.problem("web", BROKEN)
            live.problem("mail", BROKEN)
            live.problem("web", Problem("gulp css"))
            live.tell("web", [reload("/b.css")])
            shown = [await said(page) for _ in range(4)]
            assert [message["path"] for message in shown] == [
                "/a.css", "devserve:problems", "devserve:problems", "/b.css",
            ]  # fmt: skip
            assert [json.loads(message["originalPath"]) for message in shown[1:3]] == [
                [{"title": "gulp css failed", "lines": ["<b>no such file</b>"]}],
                [],
            ]
            assert [(await said(plain))["path"] for _ in range(2)] == ["/a.css", "/b.css"]

    asyncio.run(scenario())


def test_a_plugins_message_is_heard_by_pages_that_have_our_plugin_and_no_others():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port, plugins=PLUGINS) as page, a_page(port) as plain:
            await until(lambda: live.tell("web", [reload("/a.css")]) == 2)
            live.message("web", Message("tokens", {"colour": "<red>"}))
            live.tell("web", [reload("/b.css")])
            shown = [await said(page) for _ in range(3)]
            assert [message["path"] for message in shown] == ["/a.css", "devserve:message", "/b.css"]
            assert json.loads(shown[1]["originalPath"]) == {"name": "tokens", "detail": {"colour": "<red>"}}
            assert [(await said(plain))["path"] for _ in range(2)] == ["/a.css", "/b.css"]

    asyncio.run(scenario())


def test_a_page_that_comes_later_is_told_what_is_wrong():
    async def scenario():
        live = new_live_sockets()
        live.problem("web", BROKEN)
        async with serving(live) as port, a_page(port, plugins=PLUGINS) as page:
            assert "gulp css failed" in (await said(page))["originalPath"]

    asyncio.run(scenario())


def test_names_the_pages_of_a_host_without_their_queries():
    async def scenario():
        live = new_live_sockets()
        async with (
            serving(live) as port,
            a_page(port, "https://web.test/a?token=secret#x") as page,
            a_page(port, "https://mail.test/", origin="https://mail.test", host="livereload.mail.test"),
        ):
            await heard_by(page, live, "web")
            assert live.clients("livereload.web.test") == [("ws0", "https://web.test/a")]

    asyncio.run(scenario())


def test_each_page_in_place_of_one_that_was_leaving_is_told_what_that_one_missed():
    async def scenario():
        live = new_live_sockets()
        urls = ("https://web.test/", "https://web.test/frame")
        async with serving(live) as port:
            async with a_page(port, urls[0]), a_page(port, urls[1]):
                await until(lambda: len([url for _, url in live.clients("livereload.web.test") if url]) == 2)
                for message in (LOAD, reload("/a.css"), reload("/b.css")):
                    live.tell("web", [message])
            async with a_page(port, urls[1]) as frame, a_page(port, urls[0]) as page, a_page(port, urls[0]) as more:
                for successor in (frame, page):
                    assert [(await said(successor))["path"] for _ in range(2)] == ["/a.css", "/b.css"]
                live.tell("web", [reload("/c.css")])
                assert (await said(more))["path"] == "/c.css"

    asyncio.run(scenario())
