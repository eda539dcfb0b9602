import re

import pytest

from support.proxied import GET, HANDSHAKE, answering, asked, head_of, proxied, run


@pytest.mark.parametrize(
    ("request_", "status", "sentence"),
    [
        (b"GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n", 503, b"Nothing answers at other.test"),
        (b"TRACE / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n", 405, b"TRACE"),
        (
            b"GET / HTTP/1.1\r\nHost: web.test\r\nX-Devserve-Loop: mark\r\nConnection: close\r\n\r\n",
            508,
            b"points back",
        ),
        (b"GET / HTTP/1.1\r\n\r\n", 400, b"Host"),
        (b"nonsense\r\n\r\n", 400, b""),
        (b"POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, b""),
        (HANDSHAKE.replace(b"\r\n\r\n", b"\r\nOrigin: https://evil.test\r\n\r\n"), 403, b"Origin"),
        (HANDSHAKE.replace(b"web.test", b"own.test"), 403, b"Origin"),
    ],
)
def test_refuses_without_asking_the_upstream(request_, status, sentence):
    async def conversation() -> None:
        async with proxied(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as proxy:
            reader, writer = await proxy.open()
            writer.write(request_)
            head = await head_of(reader)
            assert head.startswith(b"HTTP/1.1 %d " % status)
            length = re.search(rb"Content-Length: (\d+)", head)
            assert length is not None
            assert sentence in await reader.readexactly(int(length.group(1)))
            writer.close()
            assert proxy.connections == []

    run(conversation())


@pytest.mark.parametrize(("host", "links"), [(b"lost.fleet.localhost", True), (b"evil.test", False)])
def test_a_wrong_host_is_shown_the_right_ones_only_below_our_domains(host, links):
    answer = asked(None, GET.replace(b"web.test", host))
    assert (b"http://web.test" in answer) is links


def test_connections_are_kept_alive_on_both_sides():
    async def conversation() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        async with proxied(answering(answer, answer, answer)) as proxy:
            reader, writer = await proxy.open()
            for _ in range(3):
                writer.write(b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n")
                assert b"Content-Length: 2" in await head_of(reader)
                assert await reader.readexactly(2) == b"ok"
            assert len(proxy.connections) == 1
            writer.close()

    run(conversation())


def test_pipelined_requests_are_answered_in_order():
    answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number for number in range(3)]
    pipelined = b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n" * 2 + GET
    assert re.findall(rb"\r\n\r\n(\d)", asked(answering(*answers), pipelined)) == [b"0", b"1", b"2"]


def test_a_host_that_has_become_another_devserves_is_asked_for_on_a_new_connection():
    async def scene() -> bytes:
        async with proxied(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as proxy:
            proxy.site.routes.elsewhere = proxy.site.routes.yielded = frozenset({"web.test"})
            return await proxy.ask(b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n")

    answer = run(scene())
    assert answer.startswith(b"HTTP/1.1 421 ")
    assert b"\r\nConnection: close\r\n" in answer
