import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from devserve.hub.orders import Chain, Order, Status, Verb
from devserve.live.report import tree
from devserve.live.why import Record
from support.command_line import devserve
from support.hubs import hubs_running, later
from support.records import CASCADE, REFRESHED

WEB = Status("web", "web", "/shop", "ready", "https://web.test/", "")
OTHER = Status("web", "web", "/other", "ready", "https://other.test/", "")
SHARED = Status("shared", "shared", "/shop", "ready", "https://shared.test/", "")
LATER = replace(CASCADE, at=REFRESHED.at + timedelta(seconds=1))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def chain(record: Record) -> Chain:
    return Chain(record.service, json.dumps(record.as_data()))


def test_chains_are_shown_as_trees_the_last_one_at_the_end(home):
    with hubs_running(home, p7=(WEB, SHARED, chain(LATER), chain(REFRESHED))) as heard:
        result = devserve("why")
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == f"{tree(REFRESHED)}\n{tree(LATER)}\n"
        assert devserve("why", "shared", "-n", "1").stderr == f"{tree(LATER)}\n"
        assert later(heard["p7"]) == [Order(Verb.WHY, lines=5), Order(Verb.WHY, ("shared",), lines=1)]


def test_services_of_one_name_are_told_apart(home):
    with hubs_running(home, p7=(WEB, SHARED, chain(LATER)), p8=(OTHER, chain(REFRESHED))):
        shown = devserve("why").stderr
        assert "other/web: src/site.scss" in shown
        assert "ready shop/web 1.2 s" in shown
        assert " shared: model.py" in shown


def test_programs_get_milliseconds(home):
    with hubs_running(home, p7=(WEB, chain(REFRESHED))):
        printed = json.loads(devserve("why", "--json").stdout)
        assert printed == {
            "chains": [{**REFRESHED.as_data(), "repository": "/shop", "devserve": 7}],
            "problems": [],
        }


def test_before_the_first_save_there_is_nothing_to_show(home):
    with hubs_running(home, p7=(WEB,)):
        assert devserve("why").stderr == "nothing has been saved yet\n"
        assert json.loads(devserve("why", "--json").stdout)["chains"] == []


def test_a_record_of_another_version_is_said(home):
    with hubs_running(home, p7=(WEB, Chain("web", "{}"))):
        result = devserve("why")
        assert result.exit_code == 1
        assert "the devserve with pid 7 was not understood" in result.stderr
