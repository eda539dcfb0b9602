"""Several `devserve run` of one user on the same ports: in any order, with any end (DESIGN 4.6)."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic

import psutil
import pytest
from playwright.sync_api import expect

from support.browser_drive import chromium
from support.browser_find import need_browser
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


def descriptors_of(run: psutil.Process) -> tuple[int, int]:
    """Return how many unix sockets a run holds, and how many other descriptors.

    The one that keeps the list has its lock and a connection to each of the others, the others one to it; between two
    keepers there is none. The lock is left out.
    """
    sockets = len(run.net_connections("unix"))
    locks = sum(each.path.endswith(".lock") for each in run.open_files())
    return sockets, run.num_fds() - sockets - locks


def test_all_share_the_ports(town: Town) -> None:
    first, *_ = [town.start(name) for name in ("alpha", "beta", "gamma")]
    for name in ("alpha", "beta", "gamma"):
        assert re.fullmatch(rf"{name} \d+", town.ask(name).text)
        assert re.fullmatch(rf"{name} \d+", town.ask_plainly(name).text)
        script = town.ask(f"livereload.{name}", "/livereload.js")
        assert script.status == 200
    assert "joined" not in first.output


def test_a_wrong_host_is_shown_the_right_ones_of_every_terminal(town: Town) -> None:
    second = [town.start(name) for name in ("alpha", "beta")][1]
    both = [f"http://{name}.localhost:{town.http_port}/" for name in ("alpha", "beta")]
    until(lambda: town.ask_plainly("lost").text.split()[-2:] == both, "the page that names both, and nothing else")
    end_orderly(second)
    until(lambda: town.ask_plainly("lost").text.split()[-2:] == ["work:", both[0]], "the page that names one")


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


def test_a_joined_devserve_shows_what_would_run_at_hosts_that_may_not_run_yet(town: Town) -> None:
    first = town.start("alpha")
    held = repository_of(town.folder, "gamma")
    root = repository_of(town.folder, "beta", '[project]\ninclude = ["../gamma"]\n')
    assert town.home.devserve("allow", "--yes", root, cwd=town.folder).returncode == 0
    with (held / "devserve.toml").open("a") as file:  # not what was allowed
        file.write('env = { LOG = "debug" }\n')
    joined = town.begin("beta", allow=False)
    joined.wait_ready("beta")
    assert f"1 not allowed yet: devserve allow {held}" in joined.output
    for answer in (town.ask("gamma"), town.ask_plainly("gamma")):
        assert answer.status == 503
        assert f"gamma is not allowed to run yet\nNothing of {held} runs" in answer.text
        assert answer.text.endswith("gamma gets: LOG=debug\n")
    assert town.ask("livereload.gamma", "/livereload.js").status == 200  # by which the page comes back
    end_orderly(first)
    first.wait_end()
    assert "gamma is not allowed to run yet" in town.ask_plainly("gamma").text  # by the one that follows
    assert town.home.devserve("allow", "--yes", held, cwd=town.folder).returncode == 0
    until(lambda: served(town, "gamma"), "it answers")
    assert re.fullmatch(r"gamma \d+", town.ask("gamma").text)


def test_what_another_terminal_runs_is_used(town: Town) -> None:
    repository_of(town.folder, "shop", 'needs = ["contacts/contacts"]\n')
    repository_of(town.folder, "contacts")
    alone = town.start("shop")
    assert "shop needs contacts/contacts, which nobody runs; start it with: devserve run" in alone.output
    alone.end()
    town.start("contacts")
    assert "nobody runs" not in town.start("shop").output


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


def test_a_connection_from_before_a_lease_is_told_to_come_anew(town: Town) -> None:
    town.start("alpha")
    town.start("beta").process.terminate()
    until(lambda: town.ask_plainly("beta").status == 503, "the stopped page")
    connection = HTTPConnection("127.0.0.1", town.http_port, timeout=10)
    connection.request("GET", "/", headers={"Host": f"alpha.localhost:{town.http_port}"})  # stays open, in front
    connection.getresponse().read()
    town.start("beta")
    connection.request("GET", "/", headers={"Host": f"beta.localhost:{town.http_port}"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (421, "close")
    answer.read()
    connection.close()
    assert served(town, "beta")


def test_the_last_one_leaves_nothing_behind(town: Town) -> None:
    for devserve in [town.start("alpha"), town.start("beta")]:
        devserve.interrupt()
        assert devserve.wait_end() == 130
    left = {path.name for path in (town.home.state / "hub").iterdir()}
    assert left == {f"{town.https_port}.lock"}
    town.start("gamma")
    assert served(town, "gamma")


@pytest.mark.parametrize(
    ("runs", "seconds"), [(6, 20.0), pytest.param(20, 300.0, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)
def test_runs_that_come_and_go_at_random_leave_nothing_stale(town: Town, runs: int, seconds: float) -> None:
    chance = random.Random(runs)
    names = [f"s{number}" for number in range(runs)]
    running: dict[str, Running] = {}
    ports: list[int] = []
    descriptors: dict[int, tuple[int, int]] = {}
    began = monotonic()
    while monotonic() - began < seconds:
        name = chance.choice(names)
        if name in running:
            devserve = running.pop(name)
            chance.choice((end_orderly, end_orderly, kill))(devserve)
            devserve.wait_end()
        else:
            running[name] = town.start(name)
            ports.append(running[name].rows[name].port)
            descriptors[running[name].process.pid] = descriptors_of(psutil.Process(running[name].process.pid))
        some = chance.choice([*running, *([name] if not running else [])])
        if some in running:
            until(lambda: served(town, some), f"{some} answers")  # noqa: B023  # called at once
    if not running:
        running["s0"] = town.start("s0")
        descriptors[running["s0"].process.pid] = descriptors_of(psutil.Process(running["s0"].process.pid))
    for name in names:
        if name in running:
            until(lambda: served(town, name), f"{name} answers")  # noqa: B023
        else:
            # Nobody, or the page that says what starts it again: never somebody else's answer.
            until(lambda: town.ask_plainly(name).status == 503, f"{name} is gone")  # noqa: B023
    for devserve in running.values():
        mine = psutil.Process(devserve.process.pid)
        sockets = [each for each in mine.net_connections("inet") if each.status == psutil.CONN_LISTEN]
        assert len(sockets) <= 4  # two ports on two addresses, each once
        sockets, others = descriptors[mine.pid]
        until(lambda: descriptors_of(mine)[0] <= sockets + len(running), "no unix socket is leaked")  # noqa: B023
        until(lambda: descriptors_of(mine)[1] <= others, "no other descriptor is leaked")  # noqa: B023
    listening = {each.laddr.port for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN}
    alive = {devserve.rows[name].port for name, devserve in running.items()}
    assert set(ports) & listening <= alive


OTHER_VERSION = """
import fcntl, json, pathlib, socket, sys
hub, port = pathlib.Path(sys.argv[1]), sys.argv[2]
hub.mkdir(parents=True, mode=0o700)
lock = (hub / f"{port}.lock").open("ab")
fcntl.flock(lock, fcntl.LOCK_EX)
listening = socket.socket(socket.AF_UNIX)
import os; os.chdir(hub)
listening.bind(f"{port}.join")
listening.listen()
print("listening", flush=True)
refusal = "the two do not understand each other. Update this devserve (1), then start it again."
while True:
    connection, _ = listening.accept()
    connection.recv(65536)
    connection.sendall(json.dumps({"refused": refusal, "size": 0}).encode() + b"\\n")
    connection.recv(1)
"""


def test_another_version_in_front_says_which_side_to_update(town: Town) -> None:
    hub = town.home.state / "hub"
    front = subprocess.Popen(
        [sys.executable, "-c", OTHER_VERSION, str(hub), str(town.https_port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert front.stdout is not None
        assert front.stdout.readline() == "listening\n"
        late = town.begin("alpha")
        assert late.wait_end() == 2
        assert "Update this devserve (1)" in late.output
        assert "Traceback" not in late.output
    finally:
        front.kill()
        front.wait()
        front.stdout.close()


def test_one_in_front_that_hangs_is_named(town: Town) -> None:
    front = town.start("alpha")
    front.process.send_signal(signal.SIGSTOP)
    try:
        late = town.begin("beta")
        assert late.wait_end() == 1
        assert f"the devserve that serves the ports does not answer; end it: kill {front.process.pid}" in late.output
    finally:
        front.process.send_signal(signal.SIGCONT)
    town.start("gamma")
    assert served(town, "gamma")


def test_another_home_knows_nothing_of_the_first_one(town: Town, tmp_path: Path) -> None:
    first = town.start("alpha")
    (tmp_path / "other").mkdir()
    with town_in(new_home(tmp_path / "other"), tmp_path / "other") as other:
        other.https_port, other.http_port = town.https_port, town.http_port
        second = other.begin("beta")
        assert second.wait_end() == 1
        assert f"port {town.https_port} is taken by devserve (pid {first.process.pid})" in second.output
        assert "--https-port PORT" in second.output
    assert served(town, "alpha")


def test_the_page_of_a_stopped_name_comes_back_in_the_browser(town: Town, tmp_path: Path) -> None:
    town.start("alpha")
    second = town.start("beta")
    second.process.terminate()
    second.wait_end()
    setup = town.home.devserve("setup", "--yes", "--store", "nss", cwd=town.folder)
    assert setup.returncode == 0, setup.stderr
    with chromium(need_browser(), town.home) as context:
        page = context.new_page()
        page.goto(f"https://beta.localhost:{town.https_port}/")
        expect(page.get_by_role("heading")).to_have_text("beta.localhost is stopped")
        page.screenshot(path=tmp_path / "stopped.png")
        town.start("beta")
        expect(page.get_by_text(re.compile(r"^beta \d+$"))).to_be_visible(timeout=10_000)
