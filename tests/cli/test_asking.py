import io
import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from rich.console import Console

from devserve.cli.asking import by_answer, folder, found_here, give, orders_for, print_json, running_names
from devserve.cli.asking import standing as how_it_stands
from devserve.cli.main import main
from devserve.cli.terminal import Terminal
from devserve.errors import DevserveError
from devserve.hub.choice import Known
from devserve.hub.orders import Note, Order, Status, Verb
from devserve.io.hub.ask import Found
from devserve.run.needs import Standing
from support.hubs import hubs_running, silent_in

WEB, MAIL, API = (
    Known(pid, Status(name, name, f"/{pid}", "ready", "", "")) for pid, name in ((7, "web"), (8, "mail"), (7, "api"))
)
FOUND = Found((WEB, MAIL, API), devserves=2)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(Console(file=io.StringIO(), width=200))


def test_the_sockets_are_in_devserves_own_folder(home):
    assert folder() == home / "hub"


@pytest.mark.parametrize(
    ("typed", "begun", "offered"),
    [
        (["restart"], "", ["api", "mail", "x/web", "y/web"]),
        (["restart", "mail"], "a", ["api"]),
        (["logs", "-f"], "m", ["mail"]),
        (["reload"], "z", []),
        ([], "st", ["start", "status", "stop"]),
    ],
)
def test_a_shell_completes_commands_and_the_names_of_what_runs(home, typed, begun, offered):
    others = [Status("web", "web", root, "ready", "", "") for root in ("/x", "/y")]
    completing = ShellComplete(main, {}, "devserve", "_DEVSERVE_COMPLETE")
    with hubs_running(home, p7=(API.status, others[0]), p8=(MAIL.status, others[1])):
        assert [item.value for item in completing.get_completions(typed, begun)] == offered
    assert running_names(None, None, "") == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), {7: (), 8: ()}),
        (("web",), {7: ("web",)}),
        (("api", "mail", "web"), {7: ("api", "web"), 8: ("mail",)}),
    ],
)
def test_each_devserve_gets_one_order(names, expected):
    assert orders_for(Verb.STOP, names, FOUND) == [(pid, Order(Verb.STOP, own)) for pid, own in expected.items()]


def test_services_are_found_by_what_an_answer_tells():
    assert by_answer(FOUND.known)[7, "api"] == API


def test_who_is_silent_is_said_and_named_when_there_is_nobody_else(home, terminal, monkeypatch):
    with hubs_running(home, p7=(WEB.status,)), silent_in(home, 8):
        found = found_here(terminal)
        assert (found.known, len(found.problems)) == ((WEB,), 1)
        assert "the devserve with pid 8 has not answered" in terminal.console.file.getvalue()
    with silent_in(home, 9), pytest.raises(DevserveError, match="the devserve with pid 9 has not answered"):
        found_here(terminal)


def test_answers_come_with_the_pid_and_problems_are_said(home, terminal):
    heard = []
    with hubs_running(home, p7=(Note("a"),), p8=(Note("b"),)):
        orders = [(pid, Order(Verb.STOP)) for pid in (7, 8, 9)]
        problems = give(terminal, orders, lambda pid, answer: heard.append((pid, answer.text)))
    assert sorted(heard) == [(7, "a"), (8, "b")]
    assert problems == ["the devserve with pid 9 has ended"]
    assert terminal.console.file.getvalue() == problems[0] + "\n"


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        ("ready", Standing(ready=True, coming=False)),
        ("started elsewhere", Standing(ready=True, coming=False)),
        ("starting", Standing(ready=False, coming=True)),
        ("stopped", Standing(ready=False, coming=False)),
    ],
)
def test_how_a_service_that_is_needed_stands_elsewhere(home, state, standing):
    with hubs_running(home, p7=(Status("api", "api", "/home/me/contacts", state, "", ""),)):
        assert how_it_stands("contacts", "api") == standing
        assert how_it_stands("me/contacts", "api") == standing
        assert how_it_stands("shop", "api") is how_it_stands("contacts", "web") is None
    assert how_it_stands("contacts", "api") is None


def test_json_is_alone_on_stdout(capsys):
    print_json({"é": 1})
    assert json.loads(capsys.readouterr().out) == {"é": 1}
