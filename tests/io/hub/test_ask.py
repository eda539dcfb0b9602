import asyncio
import json
import os

import pytest

from devserve.errors import DevserveError, RemoteProtocolError
from devserve.hub.choice import Known
from devserve.hub.messages import VERSION, answer_line
from devserve.hub.orders import Done, Note, Order, Refused, Status, Told, Verb
from devserve.io.hub import ask as asking
from devserve.io.hub.ask import BrokenOffError, EndedError, Found, ask, find
from devserve.io.hub.control import folder_in
from support.hubs import hub_in, left_in, peer_in, silent_in, socket_of
from support.proxied import run

WEB = Status("web", "web", "/shop", "ready", "https://web.test/", "http://127.0.0.1:3001")
MAIL = Status("mail", "mail", "/mail", "ready", "https://mail.test/", "http://127.0.0.1:3002")
RELOAD = Order(Verb.RELOAD, ("web",))


async def found_in(home):
    return await find(folder_in(home), seconds=0.2)


async def answers_in(home, pid, order=RELOAD):
    answers = []
    await ask(folder_in(home), pid, order, answers.append, 0.2)
    return answers


def test_without_a_folder_nobody_runs(tmp_path):
    assert asyncio.run(found_in(tmp_path)) == Found()


def test_all_that_run_are_found(tmp_path):
    async def scenario():
        async with hub_in(tmp_path, 7, WEB), hub_in(tmp_path, 8, MAIL) as heard, hub_in(tmp_path, 9):
            assert await found_in(tmp_path) == Found((Known(7, WEB), Known(8, MAIL)), devserves=3)
            assert heard == [Order(Verb.STATUS)]

    run(scenario())


def test_an_order_goes_to_one_of_them(tmp_path):
    async def scenario():
        async with hub_in(tmp_path, 7, Note("wait"), Told("web", 2)) as heard, hub_in(tmp_path, 8) as other:
            assert await answers_in(tmp_path, 7) == [Note("wait"), Told("web", 2)]
            assert (heard, other) == ([RELOAD], [])

    run(scenario())


def test_what_kill_9_left_bothers_nobody_and_is_removed(tmp_path):
    left = left_in(tmp_path, 5, 6)

    async def scenario():
        async with hub_in(tmp_path, 7, WEB):
            assert await found_in(tmp_path) == Found((Known(7, WEB),), devserves=1)
        assert not any(path.exists() for path in left)

    run(scenario())


def test_other_files_are_left_alone(tmp_path):
    folder_in(tmp_path).mkdir()
    other = folder_in(tmp_path) / "443.join"
    other.touch()
    (folder_in(tmp_path) / "x.socket").touch()
    assert asyncio.run(found_in(tmp_path)) == Found()
    assert other.exists()


def test_who_is_silent_is_named_and_waited_for_no_longer_than_its_time(tmp_path):
    async def scenario():
        async with hub_in(tmp_path, 7, WEB):
            with silent_in(tmp_path, 8):
                found = await found_in(tmp_path)
                assert found.known == (Known(7, WEB),)
                assert found.problems == (
                    "the devserve with pid 8 has not answered for 0.2 s;"
                    " continue it with `fg` in its terminal, or end it: kill -9 8",
                )

    run(scenario())


def said(version: int, answer: object) -> bytes:
    return json.dumps({"version": version, "said": answer}).encode() + b"\n"


@pytest.mark.parametrize(
    ("bytes_", "error", "sentence"),
    [
        (said(VERSION + 1, {"kind": "of tomorrow"}), RemoteProtocolError, "update this command"),
        (said(VERSION - 1, {"kind": "done"}), RemoteProtocolError, "end that one, update it"),
        (b'{"told":{},"problem":""}\n', RemoteProtocolError, "end it and start it anew"),
        (b"x" * 3_000_000 + b"\n", RemoteProtocolError, "end it and start it anew"),
        (answer_line(Refused("no web")), RemoteProtocolError, "^no web$"),
        (answer_line(Told("web", 2)), BrokenOffError, "pid 8 broke off"),
        (answer_line(Done())[:-1], BrokenOffError, "pid 8 broke off"),
        (b"", BrokenOffError, "pid 8 broke off"),
    ],
)
def test_who_answers_otherwise_is_named(tmp_path, bytes_, error, sentence):
    async def scenario():
        async with peer_in(tmp_path, 8, bytes_):
            with pytest.raises(error, match=sentence):
                await answers_in(tmp_path, 8)
            assert len((await found_in(tmp_path)).problems) == 1

    run(scenario())


def test_who_follows_hears_that_reading_nothing_may_have_ended_it(tmp_path):
    async def scenario():
        async with peer_in(tmp_path, 8, answer_line(Told("web", 2))):
            with pytest.raises(BrokenOffError, match=r"broke off while it answered, or nothing .* for 60 minutes"):
                await ask(folder_in(tmp_path), 8, RELOAD, lambda answer: None, None)

    run(scenario())


def test_who_has_ended_meanwhile_is_said(tmp_path):
    left_in(tmp_path, 8)

    async def scenario():
        with pytest.raises(EndedError, match="the devserve with pid 8 has ended"):
            await answers_in(tmp_path, 8)

    run(scenario())


def test_another_user_who_listens_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(asking, "is_own", lambda connection: False)

    async def scenario():
        async with hub_in(tmp_path, 7, WEB):
            assert (await found_in(tmp_path)).problems == (
                f"{socket_of(tmp_path, 7)}: another user listens there; remove it: rm {socket_of(tmp_path, 7)}",
            )

    run(scenario())


def test_the_folder_of_another_user_is_named(tmp_path, monkeypatch):
    folder_in(tmp_path).mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    with pytest.raises(DevserveError, match=r"hub: belongs to .*sudo chown -R 4000000 "):
        asyncio.run(found_in(tmp_path))
