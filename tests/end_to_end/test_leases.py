"""Several `devserve run` of one user on the same ports: in any order, with any end (DESIGN 4.6)."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.fleet_home import new_home
from support.fleet_running import Running, until
from support.neighbours import Load, Town, repository_of, town_in

NOBODY = "255.255.255.255"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with town_in(new_home(tmp_path), tmp_path) as town:
        yield town


def served(town: Town, name: str) -> bool:
    try:
        return town.ask_plainly(name).text.startswith(f"{name} ")
    except OSError:
        return False


def under_load(load: Load, seconds: float, meanwhile: Callable[[], None]) -> Load:
    """Do something while requests come."""
    thread = threading.Thread(target=lambda: asyncio.run(load.run(seconds)))
    thread.start()
    until(lambda: load.good > 20, "the first answers")
    meanwhile()
    thread.join()
    return load


def end_orderly(devserve: Running) -> None:
    devserve.process.terminate()


def kill(devserve: Running) -> None:
    os.kill(devserve.process.pid, signal.SIGKILL)


def test_all_share_the_ports(town: Town) -> None:
    first, *_ = [town.start(name) for name in ("alpha", "beta", "gamma")]
    for name in ("alpha", "beta", "gamma"):
        assert re.fullmatch(rf"{name} \d+", town.ask(name).text)
        assert re.fullmatch(rf"{name} \d+", town.ask_plainly(name).text)
        script = town.ask(f"livereload.{name}", "/livereload.js")
        assert script.status == 200
    assert "joined" not in first.output


def test_a_name_that_is_taken_is_refused_with_its_holder(town: Town) -> None:
    holder = town.start("alpha")
    rival = town.folder / "rival"
    rival.mkdir()
    repository_of(rival, "alpha")
    (rival / "alpha").rename(rival / "other")
    second = town.begin("rival/other")
    assert second.wait_end() == 2
    assert (
        f"alpha.localhost is served by the devserve of {town.folder}/alpha (pid {holder.process.pid})" in second.output
    )
    assert "--sub-name my" in second.output
    third = town.begin("rival/other", "--sub-name", "mine")
    third.wait_ready("alpha")
    assert town.ask("mine.alpha").text.startswith("alpha ")
    assert town.ask("mine.alpha").text != town.ask("alpha").text


def test_a_stopped_name_says_what_brings_it_back_until_it_is(town: Town) -> None:
    town.start("alpha")
    second = town.start("beta")
    second.process.terminate()
    second.wait_end()
    until(lambda: town.ask_plainly("beta").status == 503, "the stopped page")
    page = town.ask("beta", Accept="text/html")
    assert "beta.localhost is stopped" in page.text
    assert f"devserve run {town.folder}/beta" in page.text
    assert page.headers["Connection"] == "close"
    data = json.loads(town.ask("beta", Accept="application/json").text)
    assert data["lines"] == [f"devserve run {town.folder}/beta"]
    town.start("beta")
    assert served(town, "beta")


@pytest.mark.parametrize("remote_first", [True, False])
def test_a_way_to_a_remote_yields_to_the_service_itself(town: Town, remote_first: bool) -> None:
    # Nobody has this address, and the kernel says so at once: the page tells that the remote was asked.
    repository_of(town.folder, "shop", f'[services.alpha]\nupstream = "http://{NOBODY}:9"\n')

    def remote_answers() -> bool:
        return NOBODY in town.ask_plainly("alpha").text

    if remote_first:
        town.start("shop")
        assert remote_answers()
    alpha = town.start("alpha")
    if not remote_first:
        town.start("shop")
    assert served(town, "alpha")
    assert served(town, "shop")
    alpha.process.terminate()
    alpha.wait_end()
    until(remote_answers, "the remote is asked again")


@pytest.mark.parametrize("end", [end_orderly, kill], ids=["orderly", "killed"])
def test_another_one_follows_when_the_one_in_front_ends(town: Town, end: Callable[[Running], None]) -> None:
    first = town.start("alpha")
    town.start("beta")
    town.start("gamma")
    load = Load(town.http_port, ("beta", "gamma"))
    under_load(load, 4.0, lambda: end(first))
    # What the one in front had just accepted when it was killed is lost; whatever came later waited.
    allowed = 3 if end is kill else 0
    assert len(load.failures) <= allowed, load.failures[:5]
    assert not [failure for failure in load.failures if "Refused" in failure]
    first.wait_end()
    until(lambda: town.ask_plainly("alpha").status == 503, "alpha's stopped page")
    assert town.ask("beta").text.startswith("beta ")
    town.start("alpha")
    assert served(town, "alpha")


def test_sockets_of_the_others_stay_open_when_the_one_in_front_ends(town: Town) -> None:
    first = town.start("alpha")
    town.start("beta")

    async def scene() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", town.http_port)
        writer.write(
            f"GET / HTTP/1.1\r\nHost: beta.localhost:{town.http_port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            # A page of another devserve may open it: its host is a configured one.
            f"Origin: http://alpha.localhost:{town.http_port}\r\n\r\n".encode()
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        kill(first)
        first.wait_end()
        writer.write(b"still here")
        async with asyncio.timeout(10):
            assert await reader.readexactly(10) == b"still here"
        writer.close()

    asyncio.run(scene())


def test_the_last_one_leaves_nothing_behind(town: Town) -> None:
    for devserve in [town.start("alpha"), town.start("beta")]:
        devserve.interrupt()
        assert devserve.wait_end() == 130
    left = {path.name for path in (town.home.state / "hub").iterdir()}
    assert left == {f"{town.https_port}.lock"}
    town.start("gamma")
    assert served(town, "gamma")
