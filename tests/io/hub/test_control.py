import asyncio
import os
import stat
import sys

import pytest

from devserve.errors import DevserveError, UsageError
from devserve.hub.messages import VERSION, answer_in, order_line
from devserve.hub.orders import Done, Line, Note, Order, Refused, Told, Verb
from devserve.io.hub import control as hubs
from devserve.io.hub.ask import ask
from devserve.io.hub.control import Hub, folder_in
from support.hubs import hub_in, left_in, socket_of
from support.proxied import run, until
from support.running import on_both_loops

ORDER = Order(Verb.RELOAD, ("web",))
PID = 7


async def open_to(home, said: bytes = order_line(ORDER)):
    reader, writer = await asyncio.open_unix_connection(str(socket_of(home, PID)))
    writer.write(said)
    return reader, writer


async def answers(home, said: bytes = order_line(ORDER)):
    """Return every answer until the end of the conversation."""
    reader, writer = await open_to(home, said)
    try:
        return [answer_in(line, PID) for line in (await reader.read()).splitlines(keepends=True)]
    except ConnectionError:
        return []
    finally:
        writer.close()


@on_both_loops
def test_an_order_is_carried_out_and_each_answer_said(run, tmp_path):
    async def scenario():
        async with hub_in(tmp_path, PID, Note("a moment"), Told("web", 2)) as heard:
            assert await answers(tmp_path) == [Note("a moment"), Told("web", 2), Done()]
            assert heard == [ORDER]

    run(scenario())


def test_what_cannot_be_carried_out_is_refused(tmp_path):
    async def refuse(order, say):
        await say(Told("api", 1))
        raise UsageError("no web")

    async def scenario():
        hub = await Hub.listen(folder_in(tmp_path), PID, refuse)
        assert await answers(tmp_path) == [Told("api", 1), Refused("no web")]
        await hub.close()

    run(scenario())


def test_only_this_user_can_connect(tmp_path):
    folder_in(tmp_path).mkdir(mode=0o755)

    async def scenario():
        async with hub_in(tmp_path, PID):
            assert stat.S_IMODE(folder_in(tmp_path).stat().st_mode) == 0o700
            assert stat.S_IMODE(socket_of(tmp_path, PID).stat().st_mode) == 0o600

    run(scenario())


def test_another_user_who_connects_all_the_same_is_not_heard(tmp_path, monkeypatch):
    async def scenario():
        async with hub_in(tmp_path, PID, Done()) as heard:
            monkeypatch.setattr(hubs, "is_own", lambda connection: False)
            assert await answers(tmp_path) == []
            assert heard == []

    run(scenario())


@pytest.mark.parametrize(
    ("owner", "user", "said"),
    [
        (0, 501, "belongs to root, .* run: sudo chown -R 501 .*/hub$"),
        (77, 501, "belongs to the user with id 77, .* run: sudo chown -R 501 .*/hub$"),
        (501, 0, "belongs to the user with id 501, .* run this as that user$"),
    ],
)
def test_a_folder_of_another_user_is_named_with_its_fix(tmp_path, monkeypatch, owner, user, said):
    class Owned:
        st_uid = owner
        st_mode = 0o40755

    folder_in(tmp_path).mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(type(tmp_path), "stat", lambda path, **_: Owned())
    with pytest.raises(DevserveError, match=f"hub: {said}"):
        hubs.make_own_folder(folder_in(tmp_path))


def test_it_takes_the_place_of_what_a_killed_devserve_with_this_pid_left(tmp_path):
    left_in(tmp_path, PID)

    async def scenario():
        async with hub_in(tmp_path, PID):
            assert await answers(tmp_path) == [Done()]
        assert list(folder_in(tmp_path).iterdir()) == []

    run(scenario())


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (b"nonsense\n", "was not understood"),
        (b"x" * 3_000_000, None),
        (order_line(ORDER).replace(b'"version":%d' % VERSION, b'"version":%d' % (VERSION + 1)), "end that one, update"),
    ],
)
def test_who_speaks_otherwise_harms_nobody(tmp_path, said, refusal):
    async def scenario():
        async with hub_in(tmp_path, PID) as heard:
            got = await answers(tmp_path, said)
            assert [refusal in each.text for each in got] == [True] if refusal else got == []
            assert heard == []
            assert await answers(tmp_path) == [Done()]

    run(scenario())


def test_who_says_nothing_is_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr(hubs, "SECONDS", 0.01)

    async def scenario():
        async with hub_in(tmp_path, PID):
            assert await answers(tmp_path, b"") == []

    run(scenario())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a socket's path is short")
def test_the_folder_may_have_a_long_path(tmp_path):
    home = tmp_path / ("x" * 120)

    async def scenario():
        async with hub_in(home, PID, Told("web", 2)):
            answers = []
            await ask(folder_in(home), PID, ORDER, answers.append)
            assert answers == [Told("web", 2)]

    run(scenario())


def test_a_socket_that_cannot_be_made_is_said(tmp_path):
    socket_of(tmp_path, PID).mkdir(parents=True)

    async def scenario():
        with pytest.raises(DevserveError, match=r"other commands cannot reach this devserve: .* Set DEVSERVE_HOME to"):
            async with hub_in(tmp_path, PID):
                pass

    run(scenario())


class Endless:
    """Says lines for as long as somebody listens."""

    def __init__(self):
        self.said = 0
        self.ended = False

    async def carry_out(self, order, say):
        try:
            while True:
                self.said += 1
                await say(Line("web", "x" * 10_000))
        finally:
            self.ended = True


def test_an_order_ends_when_the_other_side_goes(tmp_path):
    async def scenario():
        endless = Endless()
        hub = await Hub.listen(folder_in(tmp_path), PID, endless.carry_out)
        reader, writer = await open_to(tmp_path)
        await reader.readline()
        writer.close()
        await until(lambda: endless.ended)
        await hub.close()

    run(scenario())


def test_who_reads_nothing_for_long_is_let_go_with_what_was_said_until_then(tmp_path, monkeypatch):
    monkeypatch.setattr(hubs, "UNREAD", 0.05)
    monkeypatch.setattr(hubs, "SECONDS", 0.05)

    async def scenario():
        endless = Endless()
        hub = await Hub.listen(folder_in(tmp_path), PID, endless.carry_out)
        reader, writer = await open_to(tmp_path)
        await until(lambda: endless.ended)  # nobody reads here: the reader keeps little, and the kernel not much more
        await until(lambda: not hub._conversations)
        said = (await reader.read()).splitlines(keepends=True)
        assert 0 < len(said) < endless.said
        assert answer_in(said[0], PID) == Line("web", "x" * 10_000)
        writer.close()
        await hub.close()

    run(scenario())


def test_who_does_not_read_is_not_buffered_for(tmp_path):
    async def scenario():
        endless = Endless()
        hub = await Hub.listen(folder_in(tmp_path), PID, endless.carry_out)
        _, writer = await open_to(tmp_path)
        await until(lambda: endless.said > 0)
        for _ in range(1000):  # turns of the loop
            await asyncio.sleep(0)
        assert endless.said * 10_000 < 5_000_000
        await hub.close()  # and that ends it
        assert endless.ended
        writer.close()

    run(scenario())
