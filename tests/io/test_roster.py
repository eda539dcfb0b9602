import asyncio
import socket
from pathlib import Path

import pytest

from devserve.hub.leases import Claim, Lease
from devserve.io import roster
from devserve.io.front import Front
from devserve.io.membership import join_socket
from support.proxied import run

OWN = Lease(1, "/src/own", "devserve run /src/own", (Claim("own.test", "/", "own", repository="own"),))


def test_the_one_in_front_tells_what_is_held_and_grants_nothing(tmp_path):
    async def scene() -> None:
        front = Front(OWN, [], "1", lambda lease: None, lambda leases: None)
        front.listen(join_socket(tmp_path, 443))
        assert await asyncio.to_thread(roster.leases, tmp_path, 443) == (OWN,)
        assert front.are_none
        assert await asyncio.to_thread(roster.leases, tmp_path, 8443) == ()
        front.close()

    run(scene())


@pytest.mark.parametrize("said", [b"", b"no frame\n", b'{"refused": "no", "size": 0}\n'])
def test_an_answer_that_is_none_is_no_lease(tmp_path: Path, said: bytes):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async def scene() -> None:
        server = await asyncio.start_unix_server(answer, join_socket(tmp_path, 443))
        assert await asyncio.to_thread(roster.leases, tmp_path, 443) == ()
        server.close()

    run(scene())


def test_who_says_nothing_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(roster, "SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(join_socket(tmp_path, 443)))
        silent.listen()
        assert roster.leases(tmp_path, 443) == ()
