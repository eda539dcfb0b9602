"""Pages through the whole proxy: the snippet, codings, flushes, verdicts."""

import asyncio

import pytest

from devserve.proxy.pages.codings import Codings
from support.coded import CODINGS, DECODINGS, flushed
from support.proxied import GET, PAGE_LOAD, Hooks, answering, asked, head_of, proxied, run


def page_of(got: bytes) -> tuple[bytes, bytes]:
    """Return the head and the body, out of its chunks."""
    head, _, body = got.partition(b"\r\n\r\n")
    if b"chunked" not in head:
        return head, body
    chunks = []
    while (size := int(body.partition(b"\r\n")[0], 16)) > 0:
        body = body.partition(b"\r\n")[2]
        chunks.append(body[:size])
        body = body[size + 2 :]
    return head, b"".join(chunks)


HTML = b"<!doctype html><html><head><title>x</title></head><body>" + b"<p>some text</p>" * 20
HTML_END = b"</p>" + b"<p>some text</p>" * 19
INJECTED = HTML.replace(b"<head>", b'<head><script src="https://livereload.web.test/livereload.js?port=443"></script>')


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("length", [True, False])
def test_a_coded_page_gets_the_snippet_in_its_coding(name, length):
    body = CODINGS[name](HTML)
    fields = b"Content-Type: text/html\r\nContent-Encoding: %s\r\nETag: x\r\n" % name.encode()
    fields += b"Content-Length: %d\r\n" % len(body) if length else b""
    head, got = page_of(asked(answering(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body), PAGE_LOAD, hooks=Hooks()))
    assert DECODINGS[name](got) == INJECTED
    assert b"Content-Encoding: " + name.encode() in head
    assert b"ETag" not in head
    assert (b"Content-Length: %d" % len(got) in head) is length


@pytest.mark.parametrize("name", ["", "gzip", "br", "zstd"])
def test_a_page_flows_as_it_comes(name):
    parts = [b"<!doctype html><html><head><title>x</title>", b"</head><body><p>some text", HTML_END]
    seen_after = [b"<title>x</title>", b"</head><body><p>some text", HTML_END]
    sent = flushed(name, *parts) if name else parts
    go_on = [asyncio.Event() for _ in sent]

    async def script(reader, writer) -> None:
        await head_of(reader)
        fields = b"Content-Type: text/html\r\nContent-Encoding: %s\r\n" % (name.encode() or b"identity")
        writer.write(b"HTTP/1.1 200 OK\r\n" + fields + b"Transfer-Encoding: chunked\r\n\r\n")
        for part, event in zip(sent, go_on, strict=True):
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await event.wait()
        writer.write(b"0\r\n\r\n")

    async def conversation() -> None:
        async with proxied(script, hooks=Hooks()) as proxy:
            reader, writer = await proxy.open()
            writer.write(PAGE_LOAD)
            assert b"\r\nX-Devserve: injected\r\n" in await head_of(reader)
            codings, seen = Codings((name,) if name else ()), b""
            for part, event in zip(seen_after, go_on, strict=False):  # each is here before the next one is sent
                while not seen.endswith(part):
                    size = int(await reader.readline(), 16)
                    seen += b"".join(codings.decode((await reader.readexactly(size + 2))[:-2]))
                event.set()
            assert seen == INJECTED
            go_on[-1].set()
            assert (await reader.read()).endswith(b"0\r\n\r\n")
            writer.close()

    run(conversation())


def test_a_slow_page_flows_even_if_its_length_is_known():
    go_on = asyncio.Event()

    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(HTML))
        writer.write(HTML[:60])
        await go_on.wait()
        writer.write(HTML[60:])

    async def conversation() -> None:
        async with proxied(script, hooks=Hooks()) as proxy:
            reader, writer = await proxy.open()
            writer.write(PAGE_LOAD)
            got = await reader.readuntil(b"</script><title>x</title></head>")
            go_on.set()
            assert page_of(got + await reader.read())[1] == INJECTED
            writer.close()

    run(conversation())


def test_a_page_whose_coding_breaks_on_its_way_never_looks_whole():
    first, _, _ = flushed("gzip", HTML, b"")

    async def conversation() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
        bodies = asyncio.Event()

        async def script(reader, writer) -> None:
            await head_of(reader)
            writer.write(answer + first)
            await bodies.wait()
            writer.write(b"\xff" * 100)

        async with proxied(script, hooks=Hooks()) as proxy:
            reader, writer = await proxy.open()
            writer.write(PAGE_LOAD)
            assert b"X-Devserve: injected" in await head_of(reader)
            bodies.set()
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()

    run(conversation())


def test_what_was_added_to_a_policy_is_logged_once(caplog):
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Security-Policy: default-src 'self'\r\n"
    answer += b"Content-Length: %d\r\n\r\n%s" % (len(HTML), HTML)

    async def conversation() -> None:
        async with proxied(answering(answer), hooks=Hooks()) as proxy:
            await proxy.ask(PAGE_LOAD)
            await proxy.ask(PAGE_LOAD)

    with caplog.at_level("INFO", "devserve"):
        run(conversation())
    (line,) = [record.getMessage() for record in caplog.records if "Content-Security-Policy" in record.getMessage()]
    assert line.startswith("web: ")
    assert "script-src https://livereload.web.test; connect-src ws://livereload.web.test" in line


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        (b"Sec-Fetch-Dest: empty\r\n", b"not injected: Sec-Fetch-Dest is empty"),
        (b"Sec-Fetch-Dest: iframe\r\nSec-Fetch-Mode: navigate\r\n", b"injected"),
        (b"HX-Request: true\r\n", b"not injected: it has HX-Request"),
    ],
)
def test_each_html_answer_has_its_verdict_and_the_access_log_says_the_same(fields, verdict):
    records = []

    async def conversation() -> bytes:
        async with proxied(
            answering(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>x"), hooks=Hooks()
        ) as proxy:
            proxy.site.ended = lambda entry: records.append(entry.record())
            return await proxy.ask(GET.replace(b"Connection:", fields + b"Connection:"))

    assert b"\r\nX-Devserve: " + verdict + b"\r\n" in run(conversation())
    assert [record.verdict for record in records] == [verdict.decode()]


def test_a_page_load_is_asked_for_without_conditions_and_a_tools_request_is_left_alone():
    heads = []

    async def script(reader, writer) -> None:
        heads.append((await head_of(reader)).lower())
        writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    conditions = b"If-None-Match: x\r\nRange: bytes=0-1\r\nAccept-Encoding: gzip, dcz, *\r\nConnection:"
    asked(script, PAGE_LOAD.replace(b"Connection:", conditions), hooks=Hooks())
    asked(script, GET.replace(b"Connection:", conditions), hooks=Hooks())
    assert b"accept-encoding: gzip\r\n" in heads[0]
    assert b"if-none-match" not in heads[0]
    assert b"range" not in heads[0]
    assert conditions.lower().removesuffix(b"connection:") in heads[1]
