"""`devserve status`, `logs`, `restart` … from a third terminal, for the services of several `devserve run`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fleet_home import DEVSERVE, Home, new_home
from support.fleet_running import Running, until
from support.neighbours import Town, repository_of, town_in

NOBODY = "no devserve runs here; start it with: devserve run\n"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with town_in(new_home(tmp_path), tmp_path) as town:
        yield town


@pytest.fixture
def two(town: Town) -> tuple[Town, Running, Running]:
    """A town with two devserves: alpha's holds the ports, beta's has a lease."""
    return town, town.start("alpha"), town.start("beta")


def status_of(town: Town, *names: str) -> dict[str, dict[str, object]]:
    shown = town.home.devserve("status", "--json", *names, cwd=town.folder)
    assert shown.returncode == 0, shown.stderr
    return {service["name"]: service for service in json.loads(shown.stdout)["services"]}


def test_status_tells_of_the_services_in_every_terminal(two: tuple[Town, Running, Running]) -> None:
    town, alpha, beta = two
    services = status_of(town)
    assert {name: service["devserve"] for name, service in services.items()} == {
        "alpha": alpha.process.pid,
        "beta": beta.process.pid,
    }
    assert services["beta"]["repository"] == str(town.folder / "beta")
    assert services["beta"]["url"] == f"https://beta.localhost:{town.https_port}/"
    assert town.ask("beta").text == f"beta {services['beta']['pid']}"
    shown = town.home.devserve("status", cwd=town.folder)
    assert (shown.returncode, shown.stdout) == (0, "")
    assert [line.split()[0] for line in shown.stderr.splitlines()] == ["name", "alpha", "beta"]


def test_a_service_of_another_terminal_is_restarted_stopped_and_started(two: tuple[Town, Running, Running]) -> None:
    town, _, beta = two
    before = status_of(town)
    restarted = town.home.devserve("restart", "beta", cwd=town.folder)
    assert restarted.returncode == 0, restarted.stderr
    assert "beta: ready after" in restarted.stderr
    after = status_of(town)
    assert after["alpha"]["pid"] == before["alpha"]["pid"]
    assert after["beta"]["pid"] != before["beta"]["pid"]
    stopped = town.home.devserve("stop", "beta", cwd=town.folder)
    assert (stopped.returncode, stopped.stderr.splitlines()[-1]) == (0, "beta: stopped")
    assert status_of(town, "beta")["beta"]["state"] == "stopped"
    page = town.ask("beta", Accept="text/html")
    assert page.status == 503
    assert "<code>devserve start beta</code> starts it again" in page.text
    started = town.home.devserve("start", cwd=town.folder)
    assert started.returncode == 0, started.stderr
    assert "alpha: runs already" in started.stderr
    assert town.ask("beta").status == 200
    assert beta.process.poll() is None


def test_a_restart_that_does_not_come_up_fails(two: tuple[Town, Running, Running]) -> None:
    town, _, _ = two
    (town.folder / "beta" / "server.py").write_text("raise SystemExit('broken')")
    restarted = town.home.devserve("restart", "--json", cwd=town.folder)
    assert restarted.returncode == 1
    came = {each["name"]: each for each in json.loads(restarted.stdout)["services"]}
    assert came["alpha"]["ok"] is True
    assert came["beta"]["ok"] is False
    assert "exit status 1" in came["beta"]["text"]
    assert status_of(town, "beta")["beta"]["state"] == "exited"
    lines = town.home.devserve("logs", "beta", "-n", "1", cwd=town.folder)
    assert (lines.returncode, lines.stdout) == (0, "broken\n")


def test_routes_of_all_lead_through_one_port(two: tuple[Town, Running, Running]) -> None:
    town, _, _ = two
    listed = json.loads(town.home.devserve("routes", "--json", cwd=town.folder).stdout)["routes"]
    leads = {route["host"]: route for route in listed if route["service"]}
    assert {host: route["url"] for host, route in leads.items()} == {
        f"{name}.localhost": f"https://{name}.localhost:{town.https_port}/" for name in ("alpha", "beta")
    }


def test_why_tells_what_a_save_in_another_terminal_led_to(two: tuple[Town, Running, Running]) -> None:
    town, _, _ = two
    (town.folder / "beta" / "page.html").write_text("<h1>saved</h1>")

    def chains() -> list[dict[str, object]]:
        return list(json.loads(town.home.devserve("why", "--json", cwd=town.folder).stdout)["chains"])

    until(chains, "the save is known")
    (chain,) = chains()
    assert (chain["service"], chain["files"], chain["ended"]) == ("beta", ["page.html"], "told")
    assert chain["total_ms"] > 0
    shown = town.home.devserve("why", "beta", cwd=town.folder)
    assert (shown.returncode, shown.stdout) == (0, "")
    assert "beta: page.html" in shown.stderr
    assert "└─ reload → no browser is connected" in shown.stderr


def test_names_that_are_wrong_get_a_sentence(two: tuple[Town, Running, Running]) -> None:
    town, _, _ = two
    refused = town.home.devserve("restart", "beeta", cwd=town.folder)
    assert refused.returncode == 2
    assert f"did you mean beta, which runs in {town.folder / 'beta'}?" in refused.stderr
    assert town.home.devserve("restart", "--all", cwd=town.folder).returncode == 2


def test_a_name_of_two_repositories_needs_one_in_front(town: Town) -> None:
    town.start("alpha")
    (town.folder / "other").mkdir()
    root = repository_of(town.folder / "other", "alpha")
    text = (root / "devserve.toml").read_text()
    (root / "devserve.toml").write_text(text + 'host = "other.localhost"\n')
    town.begin("other/alpha").wait_ready("alpha")
    refused = town.home.devserve("stop", "alpha", cwd=town.folder)
    assert refused.returncode == 2
    assert "several repositories have a service of this name; write " in refused.stderr
    stopped = town.home.devserve("stop", "other/alpha/alpha", cwd=town.folder)
    assert stopped.returncode == 0, stopped.stderr
    shown = json.loads(town.home.devserve("status", "--json", cwd=town.folder).stdout)["services"]
    assert {each["repository"]: each["state"] for each in shown} == {
        str(town.folder / "alpha"): "ready",
        str(root): "stopped",
    }


def test_a_need_that_another_terminal_meets_is_known(town: Town) -> None:
    repository_of(town.folder, "beta", 'needs = ["alpha/alpha"]\n')
    alone = town.begin("beta")
    alone.wait_for(lambda: "beta needs alpha/alpha, which nobody runs" in alone.output, "the need is not met")
    alone.end()
    town.start("alpha")
    assert "nobody runs" not in town.start("beta").output


def test_a_service_that_is_stopped_stays_so_when_it_is_saved(town: Town) -> None:
    root = repository_of(town.folder, "alpha", '[[services.alpha.watch]]\npaths = ["*.py"]\nthen = "restart"\n')
    alpha = town.start("alpha")
    assert town.home.devserve("stop", cwd=town.folder).returncode == 0
    server = root / "server.py"
    server.write_text(server.read_text() + "# saved\n")
    alpha.wait_for(lambda: "it is stopped: devserve start alpha" in alpha.output, "the save is said")
    assert status_of(town)["alpha"]["state"] == "stopped"


def test_kill_9_bothers_nobody(two: tuple[Town, Running, Running]) -> None:
    town, alpha, beta = two
    sockets = town.home.state / "hub"
    os.kill(alpha.process.pid, signal.SIGKILL)
    alpha.wait_end()
    assert set(status_of(town)) == {"beta"}
    assert [path.stem for path in sockets.glob("*.socket")] == [str(beta.process.pid)]
    os.kill(beta.process.pid, signal.SIGKILL)
    beta.wait_end()
    shown = town.home.devserve("status", cwd=town.folder)
    assert (shown.returncode, shown.stderr) == (1, NOBODY)
    assert list(sockets.glob("*.socket")) == []


def test_one_that_hangs_is_named_and_the_others_answer(two: tuple[Town, Running, Running]) -> None:
    town, alpha, _ = two
    os.kill(alpha.process.pid, signal.SIGSTOP)
    try:
        shown = town.home.devserve("status", "--json", cwd=town.folder)
    finally:
        os.kill(alpha.process.pid, signal.SIGCONT)
    assert shown.returncode == 1
    answer = json.loads(shown.stdout)
    assert [each["name"] for each in answer["services"]] == ["beta"]
    assert f"the devserve with pid {alpha.process.pid} has not answered" in answer["problems"][0]


def test_who_asks_the_dashboards_host_for_no_page_is_told_the_same(two: tuple[Town, Running, Running]) -> None:
    town, *devserves = two
    text = town.ask("devserve").text
    assert [row.url for devserve in devserves for row in devserve.rows.values() if row.url not in text] == []
    told = json.loads(town.ask("devserve", Accept="application/json").text)
    shown = json.loads(town.home.devserve("status", "--json", cwd=town.folder).stdout)
    for each in (*told["services"], *shown["services"]):
        del each["uptime"]
    assert sorted(told["services"], key=lambda each: each["devserve"]) == shown["services"]
    assert told["problems"] == []


def test_another_home_sees_nothing(two: tuple[Town, Running, Running], tmp_path: Path) -> None:
    town, _, _ = two
    other = Home(tmp_path / "other home", town.home.extra)
    other.path.mkdir()
    shown = other.devserve("status", cwd=town.folder)
    assert (shown.returncode, shown.stderr) == (1, NOBODY)


class Following:
    """`devserve logs -f` as a process of its own."""

    def __init__(self, town: Town, *arguments: str, shell: str = "") -> None:
        command = ["bash", "-c", shell] if shell else [DEVSERVE, "logs", "-f", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=town.folder,
            env=town.home.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self) -> tuple[int, str]:
        """Return the exit status and what was said on stderr."""
        _, said = self.process.communicate(timeout=15)
        return self.process.returncode, said


def test_logs_are_followed_over_all_terminals_until_ctrl_c(two: tuple[Town, Running, Running]) -> None:
    town, _, _ = two
    for name in ("alpha", "beta"):
        server = town.folder / name / "server.py"
        server.write_text(f"print('{name} begins', flush=True)\n" + server.read_text())
        assert town.home.devserve("restart", name, cwd=town.folder).returncode == 0
    following = Following(town, "-n", "1")
    assert [following.line(), following.line()] == ["alpha │ alpha begins\n", "beta  │ beta begins\n"]
    assert town.home.devserve("restart", "beta", cwd=town.folder).returncode == 0
    assert following.line() == "beta  │ beta begins\n"
    following.process.send_signal(signal.SIGINT)
    assert following.end() == (130, "")


def test_following_ends_with_what_it_follows(two: tuple[Town, Running, Running]) -> None:
    town, _, beta = two
    server = town.folder / "beta" / "server.py"
    server.write_text("print('begins', flush=True)\n" + server.read_text())
    assert town.home.devserve("restart", "beta", cwd=town.folder).returncode == 0
    following = Following(town, "beta")
    assert following.line() == "begins\n"
    beta.process.terminate()
    status, said = following.end()
    assert status == 0
    assert f"the devserve with pid {beta.process.pid} " in said


def test_following_ends_quietly_when_nobody_reads(two: tuple[Town, Running, Running]) -> None:
    town, _, _ = two
    server = town.folder / "beta" / "server.py"
    server.write_text("print('begins', flush=True)\n" + server.read_text())
    assert town.home.devserve("restart", "beta", cwd=town.folder).returncode == 0
    following = Following(town, shell=f"set -o pipefail; {DEVSERVE} logs -f beta | head -1")
    assert following.line() == "begins\n"
    assert following.end() == (0, "")


def test_an_order_goes_on_when_its_command_is_interrupted(two: tuple[Town, Running, Running]) -> None:
    town, _, _ = two
    before = status_of(town, "beta")["beta"]["pid"]
    restarting = subprocess.Popen(
        [DEVSERVE, "restart", "beta"], cwd=town.folder, env=town.home.environment, stderr=subprocess.PIPE, text=True
    )
    assert restarting.stderr is not None
    assert restarting.stderr.readline().startswith("beta: ")
    restarting.send_signal(signal.SIGINT)
    restarting.communicate(timeout=15)
    assert restarting.returncode in (0, 130)
    until(lambda: status_of(town, "beta")["beta"]["state"] == "ready", "beta is ready again")
    assert status_of(town, "beta")["beta"]["pid"] != before
