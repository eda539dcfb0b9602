"""The script and tiny-lr's HTTP API, over real sockets."""

from __future__ import annotations

import asyncio
import json

import pytest

from devserve.io.live.script import Scripts
from devserve.live import tinylr
from support.live import a_page, fetch, new_live_sockets, request, said, serving, until

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
BROWSER = "User-Agent: Mozilla/5.0 (X11; Linux x86_64)"


def test_serves_the_script_with_our_plugin_in_front():
    async def scenario():
        async with serving(new_live_sockets()) as port:
            head, body = await fetch(port, "/livereload.js?port=443")
            assert head.startswith("HTTP/1.1 200")
            for field in [
                "Content-Type: application/javascript; charset=utf-8",
                "Cross-Origin-Resource-Policy: cross-origin",
                "X-Content-Type-Options: nosniff",
                "Cache-Control: no-cache",
            ]:
                assert field in head
            assert body == Scripts(()).of("livereload.web.test")
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request("/livereload.js", "Connection: close", method="HEAD"))
                assert (await reader.read()).startswith(b"HTTP/1.1 200")
                writer.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("target", ["/livereload.js/x", "/livereload.jsx", "/vendors/livereload.js", "/kill", "/x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_nothing_else_and_no_kill(target, method):
    async def scenario():
        async with serving(new_live_sockets()) as port:
            head, body = await fetch(port, target, method=method)
            assert head.startswith("HTTP/1.1 404")
            assert body == b'{"error":"not_found","reason":"no such route"}'

    asyncio.run(scenario())


def test_welcomes_as_tiny_lr_does():
    async def scenario():
        async with serving(new_live_sockets()) as port:
            head, body = await fetch(port, "/")
            assert "Content-Type: application/json" in head
            assert json.loads(body) == {"tinylr": "Welcome", "version": tinylr.VERSION}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("method", "target", "fields", "body"),
    [
        ("POST", "/changed", [JSON], b'{"files":["/site.css"]}'),
        ("POST", "/changed", [JSON], b'{"files":"/site.css"}'),
        ("POST", "/changed", [FORM], b"files=%2Fsite.css"),
        ("POST", "/changed", [], b"files=/site.css"),
        ("POST", "/changed?files=/site.css", [], b""),
        ("GET", "/changed?files=/site.css", ["User-Agent: curl/8.1"], b""),
        ("POST", "/changed", [JSON, BROWSER, "Origin: https://web.test"], b'{"files":["/site.css"]}'),
    ],
)
def test_a_notification_tells_the_pages_of_the_host(method, target, fields, body):
    async def scenario():
        live = new_live_sockets()
        async with (
            serving(live) as port,
            a_page(port) as page,
            a_page(port, "https://mail.test/", origin="https://mail.test", host="livereload.mail.test") as other,
        ):
            await until(lambda: live.clients("livereload.web.test") == [("ws0", "https://web.test/")])
            head, answer = await fetch(port, target, *fields, method=method, body=body)
            assert head.startswith("HTTP/1.1 200")
            assert answer == b'{"clients":[{"id":"ws0","url":"https://web.test/"}],"files":["/site.css"]}'
            assert (await said(page))["path"] == "/site.css"
            live.tell("mail", ['{"command":"alert","message":"last"}'])
            assert (await said(other))["command"] == "alert"

    asyncio.run(scenario())


@pytest.mark.parametrize("field", ["Origin: https://web.test", "Sec-Fetch-Site: cross-site", BROWSER, "Referer: x"])
def test_a_get_that_changes_something_is_refused_from_a_browser(field):
    async def scenario():
        async with serving(new_live_sockets()) as port:
            head, body = await fetch(port, "/changed?files=x.html", field)
            assert head.startswith("HTTP/1.1 403")
            assert b"Send a POST to /changed" in body

    asyncio.run(scenario())


@pytest.mark.parametrize("path", ["/changed", "/alert"])
@pytest.mark.parametrize("origin", ["https://example.com", "null", "https://web.test.example.com"])
def test_a_page_of_another_site_may_not_notify(path, origin):
    async def scenario():
        async with serving(new_live_sockets()) as port:
            head, _ = await fetch(port, path, f"Origin: {origin}", FORM, method="POST", body=b"files=x&message=x")
            assert head.startswith("HTTP/1.1 403")

    asyncio.run(scenario())


def test_a_body_of_another_kind_is_refused_with_a_sentence():
    async def scenario():
        async with serving(new_live_sockets()) as port:
            head, body = await fetch(port, "/changed", "Content-Type: text/xml", method="POST", body=b"<files/>")
            assert head.startswith("HTTP/1.1 400")
            assert body.startswith(b"the body is text/xml; send application/json or")

    asyncio.run(scenario())


def test_a_text_is_shown():
    async def scenario():
        live = new_live_sockets()
        async with serving(live) as port, a_page(port) as page:
            await until(lambda: live.clients("livereload.web.test")[0][1])
            _, answer = await fetch(port, "/alert", JSON, method="POST", body=b'{"message":"done"}')
            assert json.loads(answer) == {"clients": [{"id": "ws0", "url": "https://web.test/"}], "message": "done"}
            assert await said(page) == {"command": "alert", "message": "done"}
            assert (await fetch(port, "/alert"))[0].startswith("HTTP/1.1 404")

    asyncio.run(scenario())


def test_many_files_are_one_message():
    async def scenario():
        live = new_live_sockets()
        files = [f"/{number}.css" for number in range(500)]
        async with serving(live) as port, a_page(port) as page:
            await until(lambda: live.clients("livereload.web.test")[0][1])
            body = json.dumps({"files": files}).encode()
            _, answer = await fetch(port, "/changed", JSON, method="POST", body=body)
            assert json.loads(answer)["files"] == files
            assert (await said(page))["liveCSS"] is False
            live.tell("web", ['{"command":"alert","message":"last"}'])
            assert (await said(page))["command"] == "alert"

    asyncio.run(scenario())
