import json
import os
import subprocess
from pathlib import Path

import pytest

from devserve.hub.orders import Line, Note, Order, Status, Verb
from support.command_line import devserve
from support.fleet_home import DEVSERVE
from support.hubs import hubs_running, later

WEB, API, MAIL = (
    Status(name, name, root, "ready", f"https://{name}.test/", "")
    for name, root in (("web", "/a"), ("api", "/a"), ("mail", "/b"))
)
LINES = (Line("web", "one", 1.0), Line("api", "three", 3.0), Line("web", "\x1b[31mfour\x1b[0m", 4.0))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def test_lines_of_all_devserves_stand_in_their_order_behind_their_names(home):
    with hubs_running(home, p7=(WEB, API, *LINES), p8=(MAIL, Line("mail", "two", 2.0))) as heard:
        result = devserve("logs", "-n", "50")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == "web  │ one\nmail │ two\napi  │ three\nweb  │ four\n"
        assert later(heard["p7"]) == later(heard["p8"]) == [Order(Verb.LOGS, lines=50)]


def test_the_lines_of_one_service_stand_alone(home):
    with hubs_running(home, p7=(WEB, API, Line("web", "one"))) as heard:
        assert devserve("logs", "web").stdout == "one\n"
        assert later(heard["p7"]) == [Order(Verb.LOGS, ("web",), lines=100)]


def test_programs_get_an_object_for_each_line(home):
    with hubs_running(home, p7=(WEB, API, *LINES)):
        lines = [json.loads(line) for line in devserve("logs", "--json").stdout.splitlines()]
        assert lines[2] == {"name": "web", "repository": "/a", "line": "four"}
        assert len(lines) == 3


def test_what_follows_comes_after_the_last_line(home):
    """The false devserves end their answer, as real ones do when they end."""
    with hubs_running(home, p7=(WEB, API, *LINES, Note("some are left out")), p8=(MAIL,)) as heard:
        result = devserve("logs", "-f", "-n", "9")
        assert result.exit_code == 0
        assert result.stdout.count("four") == 2
        assert result.stderr == "some are left out\n"
        assert later(heard["p7"])[1] == Order(Verb.LOGS, lines=1000, follow=True, after=4.0)
        assert later(heard["p8"])[1].after > 0  # none yet: those since it was asked


def test_a_line_of_a_service_that_nobody_knew_is_left_out(home):
    with hubs_running(home, p7=(WEB, Line("new", "one"), Line("web", "two"))):
        assert devserve("logs").stdout == "two\n"


@pytest.mark.parametrize(("variables", "colored"), [({}, False), ({"FORCE_COLOR": "1"}, True)])
def test_colours_are_for_a_terminal(home, variables, colored):
    with hubs_running(home, p7=(WEB, API, *LINES)):
        environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        command = [DEVSERVE, "logs"]
        printed = subprocess.run(command, env={**environment, **variables}, capture_output=True, check=True).stdout
        assert (b"\x1b[31mfour\x1b[0m" in printed) is colored
        assert (b"\x1b" in printed) is colored


def test_it_ends_quietly_when_nobody_reads(home):
    many = [Line("web", "x" * 1000, float(number)) for number in range(2000)]
    with hubs_running(home, p7=(WEB, *many)):
        script = f"set -o pipefail; {DEVSERVE} logs | head -1"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "x" * 1000 + "\n"
