import pytest

from devserve.errors import UsageError
from devserve.io.dashboard.replay import replay
from support.accesses import access
from support.proxied import answering, echo_body, proxied, run

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def test_what_was_asked_is_asked_again_with_its_secrets():
    async def scene() -> None:
        heard: list[bytes] = []

        async def listen(reader, writer) -> None:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(OK)

        async with proxied(listen) as proxy:
            assert await replay(access("/x?token=hunter2", asked=[(b"Cookie", b"sid=1")]), proxy.site) == 204
        assert heard[0].startswith(b"GET /x?token=hunter2 HTTP/1.1\r\nHost: web.test:8443\r\n")
        assert b"Cookie: sid=1\r\n" in heard[0]

    run(scene())


@pytest.mark.parametrize(
    "framing", [(b"Content-Length", b"5"), (b"Transfer-Encoding", b"chunked")], ids=["length", "chunked"]
)
def test_the_body_is_framed_anew(framing):
    async def scene() -> None:
        async with proxied(echo_body) as proxy:
            exchange = access(method="PUT", asked=[framing], request_body=b"hello", received=5)
            assert await replay(exchange, proxy.site) == 200

    run(scene())


def test_what_nobody_answers_gets_devserves_own_answer():
    async def scene() -> None:
        async with proxied(None) as proxy:
            assert await replay(access(), proxy.site) == 503

    run(scene())


def test_a_websocket_is_not_sent_again():
    async def scene() -> None:
        async with proxied(answering(OK)) as proxy:
            with pytest.raises(UsageError, match="conversation"):
                await replay(access(asked=[(b"Upgrade", b"websocket")]), proxy.site)

    run(scene())
