from dataclasses import replace
from pathlib import Path

import pytest

from devserve import plugins
from devserve.config.values import Livereload, Origin, Project, Ready, Service, Stop, Then, Timeouts, WatchRule
from devserve.difference import Difference, difference
from devserve.fleet import Planned
from devserve.fleet import plan as plan_of
from support.hooks import IMPORTS

ROOT = Path("/repository")
HOOKS = plugins.load(Project(ROOT / "devserve.toml"))
WEB = Service("web", ROOT, "web.test", command=("npm", "start"))
FAR = Service("far", ROOT, "far.test", upstream=Origin("https", "staging.test", 443))


def planned(service: Service = WEB, port: int = 3000) -> Planned:
    return Planned(service, HOOKS, port)


def names(found: Difference) -> dict[str, list[str]]:
    parts = {"gone": list(found.gone)}
    for part in ("new", "restarted", "changed"):
        parts[part] = [each.service.name for each in getattr(found, part)]
    return {part: named for part, named in parts.items() if named}


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({}, None),
        ({"port": 3000}, None),  # the one that it was given
        ({"command": ("npm", "run", "dev")}, "restarted"),
        ({"env": {"LOG": "debug"}}, "restarted"),
        ({"env_file": ROOT / ".env"}, "restarted"),
        ({"cwd": ROOT / "web"}, "restarted"),
        ({"root": Path("/elsewhere")}, "restarted"),
        ({"ready": Ready("http", http="/health")}, "restarted"),
        ({"stop": Stop(grace=1.0)}, "restarted"),
        ({"upstream": Origin(port=3001)}, "restarted"),
        ({"host": "www.test"}, "changed"),
        ({"aliases": ("www.test",)}, "changed"),
        ({"path": "/shop"}, "changed"),
        ({"upstream_host": "localhost"}, "changed"),
        ({"timeouts": Timeouts(connect=1.0)}, "changed"),
        ({"livereload": Livereload(csp="leave")}, "changed"),
        ({"watch": (WatchRule(("*.py",), then=Then.RESTART),)}, "changed"),
        ({"needs": ("api",)}, "changed"),
        ({"dev_server": "webpack"}, "changed"),
        ({"dev_server": "vite", "aliases": ("www.test",)}, "restarted"),  # it is told its hosts when it starts
        ({"host": "www.test", "env": {"LOG": "debug"}}, "restarted"),
    ],
    ids=str,
)
def test_a_change_needs_a_new_process_only_if_the_process_knows_it(changes, part):
    found = difference([planned()], [planned(replace(WEB, **changes))])
    assert names(found) == ({part: ["web"]} if part else {})


def test_another_port_needs_a_new_process():
    assert names(difference([planned()], [planned(port=3001)])) == {"restarted": ["web"]}


def test_a_service_that_something_else_starts_only_gets_other_routes():
    found = difference([planned(FAR)], [planned(replace(FAR, upstream=Origin(port=9000)))])
    assert names(found) == {"changed": ["far"]}


def test_other_plugins_change_a_service_without_a_new_process():
    others = Planned(WEB, plugins.load(Project(ROOT / "devserve.toml")), 3000)
    assert names(difference([planned()], [others])) == {"changed": ["web"]}


def test_what_is_changed_outside_of_the_plan_restarts():
    assert names(difference([planned()], [planned()], restarting=["web", "api"])) == {"restarted": ["web"]}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([WEB], [WEB], "nothing changes"),
        ([], [WEB], "web is new"),
        ([WEB], [], "web is gone"),
        ([WEB, FAR], [replace(WEB, name="api"), FAR], "api is new, web is gone"),
        (
            [WEB, FAR, replace(WEB, name="api"), replace(WEB, name="old")],
            [replace(WEB, aliases=("www.test",)), replace(FAR, path="/x"), replace(WEB, name="api", cwd=ROOT / "api")],
            "api restarts, web changes without a restart, far changes, old is gone",
        ),
    ],
)
def test_says_what_changes(before, after, said):
    found = difference([planned(each) for each in before], [planned(each) for each in after])
    assert str(found) == said
    assert bool(found) is (said != "nothing changes")


def test_names_what_is_no_longer_as_it_was_and_what_comes_in_its_place():
    before = [planned(), planned(FAR), planned(replace(WEB, name="old"))]
    new = planned(replace(WEB, name="new"))
    found = difference(before, [planned(port=1), planned(replace(FAR, path="/x")), new])
    assert found.leaving == ("old", "web", "far")
    assert [each.service.name for each in found.coming] == ["new", "web", "far"]


def test_what_is_allowed_now_is_started_even_without_a_command():
    held = replace(FAR, would_run=("far runs: x",))
    found = difference([planned(held)], [planned(FAR)])
    assert [each.service for each in found.restarted] == [FAR]
    assert str(found) == "far starts"


def test_what_is_not_allowed_yet_changes_and_starts_nothing():
    held = replace(WEB, would_run=("web runs: x",))
    found = difference([planned(held)], [planned(replace(held, would_run=("web runs: y",)))])
    assert [each.service.would_run for each in found.restarted] == [("web runs: y",)]  # whoever looks is told
    assert str(found) == "web changes"


SETTINGS = """from pydantic import BaseModel
class Ribbon(BaseModel): colour: str = "teal"
@hookimpl
def devserve_settings(): return Ribbon
"""


@pytest.mark.parametrize(
    ("source", "tables", "part"),
    [
        (SETTINGS, {}, None),
        (SETTINGS + "# edited\n", {}, "changed"),
        (SETTINGS, {"plugin": {"colour": "gold"}}, "restarted"),  # devserve_command may say it to the process
    ],
)
def test_an_edited_plugin_takes_a_new_process_only_where_its_table_says_something_else(tmp_path, source, tables, part):
    def plan(source: str, tables: dict[str, object], before: Planned | None = None) -> Planned:
        (tmp_path / "plugin.py").write_text(IMPORTS + source)
        file = tmp_path / "devserve.toml"
        project = Project(
            file, plugins=(tmp_path / "plugin.py",), services=(replace(WEB, root=tmp_path),), tables=tables
        )
        (found,) = plan_of([project], (), lambda _: 3000, [before] if before else [])
        return found

    before = plan(SETTINGS, {})
    assert names(difference([before], [plan(source, tables, before)])) == ({part: ["web"]} if part else {})
