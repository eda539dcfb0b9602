import json
from pathlib import Path

import pytest

from devserve.cli.main import main
from devserve.hub.messages import VERSION
from devserve.hub.orders import Leads, Order, Outcome, Progress, Refused, Status, Told, Verb
from devserve.io.hub.control import folder_in
from support.command_line import devserve
from support.hubs import hubs_running, later, left_in

NOBODY = "no devserve runs here; start it with: devserve run"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def status(name: str, root: str, **more: object) -> Status:
    return Status(name, name, root, "ready", f"https://{name}.test/", "http://127.0.0.1:3001", 3001, 12, **more)


WEB, API, MAIL = status("web", "/shop"), status("api", "/shop"), status("mail", "/mail")
MAIL_WEB = status("web", "/mail")


@pytest.mark.parametrize(
    "arguments", [[str(verb)] for verb in Verb if verb in main.commands and verb is not Verb.PLUGINS]
)
def test_without_a_devserve_each_command_says_how_to_start_one(home, arguments):
    left_in(home, 7)
    result = devserve(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == NOBODY + "\n"
    assert list(folder_in(home).iterdir()) == []


def test_status_shows_the_services_of_every_devserve(home):
    with hubs_running(home, p7=(WEB, API), p8=(MAIL,)):
        result = devserve("status")
        assert (result.exit_code, result.stdout) == (0, "")
        assert [line.split()[0] for line in result.stderr.splitlines()] == ["name", "web", "api", "mail"]
        one = json.loads(devserve("status", "--json", "mail").stdout)
        assert one == {
            "services": [
                {
                    "name": "mail",
                    "repository": "/mail",
                    "devserve": 8,
                    "state": "ready",
                    "url": "https://mail.test/",
                    "origin": "http://127.0.0.1:3001",
                    "port": 3001,
                    "pid": 12,
                    "uptime": None,
                    "restarts": 0,
                    "problem": "",
                    "columns": {},
                }
            ],
            "problems": [],
        }


@pytest.mark.parametrize("command", ["status", "restart", "stop", "start", "routes", "logs", "why"])
def test_a_name_that_nobody_or_several_have_is_wrong_usage(home, command):
    with hubs_running(home, p7=(WEB,), p8=(MAIL, MAIL_WEB)) as heard:
        unknown, ambiguous = devserve(command, "mial"), devserve(command, "web")
        assert (unknown.exit_code, ambiguous.exit_code) == (2, 2)
        assert "did you mean mail, which runs in /mail?" in unknown.stderr
        assert "write shop/web or mail/web" in ambiguous.stderr
        assert later(heard["p7"]) == later(heard["p8"]) == []


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.STOP, Verb.START])
def test_an_order_goes_to_whose_services_are_named(home, verb):
    done = Outcome("web", ok=True, text="done")
    with hubs_running(home, p7=(WEB, API, Progress("web", "starting", 0.0), done), p8=(MAIL, MAIL_WEB, done)) as heard:
        result = devserve(verb, "shop/web")
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr.splitlines() == ["shop/web: starting", "shop/web: done"]
        assert later(heard["p7"]) == [Order(verb, ("web",))]
        assert later(heard["p8"]) == []


def test_without_names_every_devserve_is_ordered_and_json_tells_what_came_of_it(home):
    with hubs_running(
        home,
        p7=(WEB, Outcome("web", ok=True, text="ready")),
        p8=(MAIL, Outcome("mail", ok=False, text="it is exited")),
    ) as heard:
        result = devserve("restart", "--json")
        assert result.exit_code == 1
        assert later(heard["p7"]) == later(heard["p8"]) == [Order(Verb.RESTART)]
        assert json.loads(result.stdout) == {
            "services": [
                {"name": "web", "repository": "/shop", "devserve": 7, "ok": True, "text": "ready"},
                {"name": "mail", "repository": "/mail", "devserve": 8, "ok": False, "text": "it is exited"},
            ],
            "problems": [],
        }


def test_an_order_that_concerns_nobody_says_so(home):
    with hubs_running(home, p7=(WEB,)):
        result = devserve("stop")
        assert result.exit_code == 0
        assert "there is nothing to stop: no service here has a command" in result.stderr


def test_a_refused_order_is_a_failure(home):
    with hubs_running(home, p7=(WEB,), p8=(MAIL,)):
        assert devserve("restart").exit_code == 0
    with hubs_running(home, peer=None, p7=(WEB, Refused("not now"))):
        result = devserve("status")
        assert result.exit_code == 1
        assert result.stderr == "not now\n"


def test_a_devserve_of_another_version_is_named_and_the_others_answer(home):
    other = json.dumps({"version": VERSION + 1, "said": {"kind": "of tomorrow"}}).encode() + b"\n"
    with hubs_running(home, peer=other, p7=(WEB,)):
        result = devserve("status", "--json")
        assert result.exit_code == 1
        answer = json.loads(result.stdout)
        assert [each["name"] for each in answer["services"]] == ["web"]
        assert "pid 99" in answer["problems"][0]
        assert "update this command" in answer["problems"][0]
        assert answer["problems"][0] in result.stderr
        assert devserve("status", "web").exit_code == 0  # the other one cannot be meant


def test_reload_tells_each_service_of_its_files(home, tmp_path):
    shop, mail = tmp_path / "shop", tmp_path / "mail"
    for folder in (shop, mail):
        folder.mkdir()
    with hubs_running(
        home, p7=(status("web", str(shop)), Told("web", 2)), p8=(status("mail", str(mail)), Told("mail", 0))
    ) as heard:
        result = devserve("reload", "shop/a.css")
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == "web: reload → 2 browsers\n"
        assert later(heard["p7"]) == [Order(Verb.RELOAD, ("web",), ("a.css",))]
        assert later(heard["p8"]) == []
        assert json.loads(devserve("reload", "--json").stdout) == {"web": 2, "mail": 0}
        refused = devserve("reload", "wbe")
        assert refused.exit_code == 2
        assert "wbe is neither a service nor a file of one; there are web in" in refused.stderr


def test_routes_are_sorted_and_each_is_shown_once(home):
    own = Leads("https://devserve.localhost/", "devserve.localhost", "/", "devserve", "")
    web, mail = (
        Leads(f"https://{name}.test/", f"{name}.test", "/", "http://127.0.0.1:3001", name, f"/{name}")
        for name in ("web", "mail")
    )
    with hubs_running(home, p7=(WEB, web, own), p8=(MAIL, mail, own)):
        shown = devserve("routes")
        assert [line.split()[0] for line in shown.stderr.splitlines()] == ["address", own.url, mail.url, web.url]
        listed = json.loads(devserve("routes", "--json").stdout)
        assert listed["routes"][1] == {
            "url": "https://mail.test/",
            "host": "mail.test",
            "path": "/",
            "origin": "http://127.0.0.1:3001",
            "service": "mail",
            "repository": "/mail",
        }
        assert listed["problems"] == []
