import asyncio
import os
import resource
import socket

import pytest

from devserve.errors import DevserveError
from devserve.hub.frames import Frames, frame
from devserve.hub.joining import PROTOCOL, join
from devserve.hub.leases import Claim, Lease, as_message
from devserve.io.hub import front
from devserve.io.hub.front import Front
from devserve.io.proxy.binding import Bound
from support.proxied import run, until

OWN = Lease(1, "/src/own", "devserve run /src/own", (Claim("own.test", "/", "own"),))
MAIL = Lease(2, "/src/mail", "devserve run /src/mail", (Claim("mail.test", "/", "mail"),))


class Joining:
    """A devserve that speaks for itself on the join socket."""

    def __init__(self, path) -> None:
        self.path = path
        self.frames = Frames()
        self.heard: list[dict] = []

    async def say(self, message: dict) -> None:
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.setblocking(False)
        self.connection.connect(str(self.path))
        await asyncio.get_running_loop().sock_sendall(self.connection, frame(message))

    async def hear(self, key: str) -> dict:
        async with asyncio.timeout(10):
            while not any(key in message for message in self.heard):
                data = await asyncio.get_running_loop().sock_recv(self.connection, 65536)
                self.heard += [dict(message) for message, _ in self.frames.feed(data)]
        found = next(message for message in self.heard if key in message)
        self.heard.remove(found)
        return found


def next_descriptor() -> int:
    """The number that the next file would have: a limit of so many leaves no room for it."""
    number = os.dup(0)
    os.close(number)
    return number


def fronting(path, ended: list[Lease]) -> Front:
    made = Front(OWN, [Bound((), 443, loopback_only=False)], "1", ended.append, lambda leases: None)
    made.listen(path)
    return made


def test_who_joins_is_welcome_and_everybody_hears_of_it(tmp_path):
    async def scene() -> None:
        made = fronting(tmp_path / "join", [])
        assert made.are_none
        joining = Joining(tmp_path / "join")
        await joining.say(join(MAIL, "1"))
        assert (await joining.hear("welcome"))["welcome"] == [443, 0, False]
        roster = await joining.hear("roster")
        assert (roster["roster"], roster["front"]) == ([as_message(OWN), as_message(MAIL)], 1)
        assert not made.are_none
        assert made.channel_to("mail.test") is not None
        assert made.channel_to("own.test") is None
        joining.connection.close()
        made.close()

    run(scene())


def test_who_leaves_hears_when_nothing_more_is_passed(tmp_path):
    async def scene() -> None:
        ended: list[Lease] = []
        made = fronting(tmp_path / "join", ended)
        joining = Joining(tmp_path / "join")
        await joining.say(join(MAIL, "1"))
        await joining.hear("roster")
        await asyncio.get_running_loop().sock_sendall(joining.connection, frame({"leaving": True}))
        assert (await joining.hear("left"))["left"] is True
        assert ended == [MAIL]
        assert made.channel_to("mail.test") is None
        joining.connection.close()
        made.close()

    run(scene())


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"join": 99, "version": "9", "lease": {}}, "do not understand each other"),
        ({"join": PROTOCOL, "version": "1", "lease": {}}, "no lease in it"),
        ({"hello": 1}, "does not ask for a lease"),
        (join(Lease(3, "/x", "", (Claim("own.test", "/", "x"),)), "1"), "is served by the devserve of /src/own"),
    ],
)
def test_who_is_refused_hears_why(tmp_path, message, said):
    async def scene() -> None:
        made = fronting(tmp_path / "join", [])
        joining = Joining(tmp_path / "join")
        await joining.say(message)
        assert said in (await joining.hear("refused"))["refused"]
        joining.connection.close()
        made.close()

    run(scene())


def test_who_says_nothing_is_let_go(tmp_path, monkeypatch):
    async def scene() -> None:
        monkeypatch.setattr(front, "FIRST_WORD", 0.01)
        made = fronting(tmp_path / "join", [])
        reader, writer = await asyncio.open_unix_connection(tmp_path / "join")
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
        made.close()

    run(scene())


def test_while_no_file_can_be_opened_who_joins_waits(tmp_path, monkeypatch, caplog):
    async def scene() -> None:
        monkeypatch.setattr(front, "PAUSE", 0.01)
        made = fronting(tmp_path / "join", [])
        joining = Joining(tmp_path / "join")
        joining.connection = socket.socket(socket.AF_UNIX)
        joining.connection.setblocking(False)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_descriptor(), hard))
        try:
            joining.connection.connect(str(tmp_path / "join"))
            await until(lambda: "a devserve cannot join now: Too many open files" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        await asyncio.get_running_loop().sock_sendall(joining.connection, frame(join(MAIL, "1")))
        assert await joining.hear("welcome")
        joining.connection.close()
        made.close()

    run(scene())


def test_those_that_are_expected_are_waited_for_but_not_long(tmp_path, monkeypatch):
    async def scene() -> None:
        monkeypatch.setattr(front, "COMING", 0.01)
        ended: asyncio.Queue[Lease] = asyncio.Queue()
        made = Front(OWN, [], "1", ended.put_nowait, lambda leases: None)
        made.listen(tmp_path / "join", [MAIL])
        assert made.is_coming("mail.test")
        assert not made.is_coming("own.test")
        assert await ended.get() == MAIL
        assert not made.is_coming("mail.test")
        made.close()

    run(scene())


def test_a_place_for_the_socket_that_is_none_is_said(tmp_path):
    async def scene() -> None:
        made = Front(OWN, [], "1", print, print)
        with pytest.raises(DevserveError, match="no other devserve can join this one: No such file or directory"):
            made.listen(tmp_path / "nowhere" / "443.join")

    run(scene())
