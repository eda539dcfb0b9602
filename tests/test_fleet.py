import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from devserve import fleet
from devserve.config.values import Livereload, Origin, Project, Service, Then
from devserve.difference import difference
from devserve.errors import ConfigError, UsageError


def service(name: str, **fields) -> Service:
    return Service(name, Path("/repository"), fields.pop("host", f"{name}.test"), command=("true",), **fields)


def project(*services: Service, file: str = "/repository/devserve.toml", plugins=()) -> Project:
    return Project(Path(file), "test", services=services, plugins=tuple(plugins))


def planned(*projects: Project, only=(), before=()) -> dict[str, fleet.Planned]:
    numbers = itertools.count(5000)
    found = fleet.plan(projects, only, lambda taken: next(each for each in numbers if each not in taken), before)
    return {each.service.name: each for each in found}


def test_every_service_gets_a_port_and_its_watch_rules():
    plan = planned(
        project(service("web"), service("api", port=3000), service("far", upstream=Origin("https", "far.test", 443)))
    )
    assert {name: each.port for name, each in plan.items()} == {"web": 5000, "api": 3000, "far": 5001}
    assert [rule.then for rule in plan["web"].service.watch] == [Then.REFRESH, Then.RELOAD]


def test_only_runs_what_is_asked_for_and_what_that_needs():
    plan = planned(
        project(service("web", needs=("api",)), service("api", needs=("db",)), service("db"), service("x")),
        only=["web"],
    )
    assert sorted(plan) == ["api", "db", "web"]


def contacts() -> Project:
    return project(service("api", host="api.contacts.test"), service("db"), file="/work/contacts/devserve.toml")


def shop() -> Project:
    needs = ("contacts/api", "mail/smtp")
    return project(service("web", needs=needs), service("api"), file="/work/shop/devserve.toml")


@pytest.mark.parametrize(
    ("only", "sentence"),
    [
        ("wbe", r"--only wbe: there is no such service; there are web, shop/api, contacts/api, db"),
        ("shop/db", "there is no such service"),
        ("api", r"--only api: several repositories have such a service; write shop/api or contacts/api"),
    ],
)
def test_names_the_services_when_asked_for_an_unknown_one(only, sentence):
    with pytest.raises(UsageError, match=sentence):
        planned(shop(), contacts(), only=[only])


@pytest.mark.parametrize(
    ("only", "labels"),
    [
        ([], ["web", "shop/api", "contacts/api", "db"]),
        (["shop/api"], ["shop/api"]),
        (["contacts/db"], ["db"]),
        (["web"], ["web", "contacts/api"]),
    ],
)
def test_services_of_one_name_are_told_apart_by_their_repositories(only, labels):
    found = fleet.plan([shop(), contacts()], only, lambda taken: 5000 + len(taken))
    assert [each.service.label for each in found] == labels


def test_a_service_is_planned_with_what_it_waits_for_here_and_what_it_needs_from_elsewhere():
    web = planned(shop(), contacts())["web"]
    assert (web.service.needs, web.elsewhere) == (("contacts/api",), ("mail/smtp",))


def test_a_project_may_have_no_service():
    assert planned(project()) == {}


def test_projects_may_not_claim_one_place():
    other = project(service("other", host="web.test"), file="/other/devserve.toml")
    with pytest.raises(ConfigError, match=r"web\.test"):
        planned(project(service("web")), other)


@pytest.mark.parametrize(
    ("added", "sentence"),
    [
        ('Service("web", project.root, "x.test")', "a plugin adds the service web, which exists already"),
        (
            'Service("a b", project.root, "x.test")',
            r"a plugin gives a service the name 'a b'; it is to be one label of",
        ),
        ('Service("a", project.root, "a b")', r"a service the host 'a b'; it is to be a host name such as"),
        ('Service("a", project.root, "X.test")', r"a service the host 'X.test'; write \"x.test\""),
        ('Service("a", project.root, "http://x.test/")', r"'http://x.test/'; it is to be .*; write \"x.test\""),
        (
            'Service("a", project.root, "x.test", path="api")',
            r"a service the path 'api'; it is to be .*; write \"/api\"",
        ),
        (
            'Service("a", project.root, "x.test", command="npm start")',
            r"plugin.py:3: devserve_services returned a Service whose command is 'npm start'",
        ),
        ('Service("docs", project.root, "web.test")', r"answers at https://web\.test/"),
    ],
)
def test_a_plugins_service_may_not_take_anothers_name_or_place(tmp_path, added, sentence):
    file = tmp_path / "plugin.py"
    file.write_text(f"from devserve import *\n@hookimpl\ndef devserve_services(project): return [{added}]\n")
    with pytest.raises(ConfigError, match=sentence):
        planned(project(service("web"), plugins=[file]))


ADDS = """
from devserve import *
from dataclasses import replace
@hookimpl
def devserve_services(project): return [Service("contacts", project.root, "contacts.test", command=("true",))]
@hookimpl
def devserve_service_defaults(service): return replace(service, command=service.command or ("true",))
"""
ANSWERS = "from devserve import *\n@hookimpl\ndef devserve_application(service): return None\n"
UNMET, UNSERVED = 'web needs "contacts"', "web has no command"


@pytest.mark.parametrize(
    ("source", "held", "said"),
    [
        (ADDS, False, ()),
        ("", False, (UNSERVED, UNMET)),
        (ANSWERS, False, (UNMET,)),  # it may answer for web
        (ADDS, True, ()),  # nobody knows before it is allowed to run
    ],
)
def test_what_a_file_lacks_is_missing_only_if_no_plugin_adds_it(tmp_path, source, held, said):
    plugin = tmp_path / "plugin.py"
    plugin.write_text(source)
    web = replace(service("web", needs=("contacts",)), command=())
    doubts = {("web", ""): UNSERVED, ("web", "contacts"): UNMET}
    own = replace(project(web, plugins=[plugin]), doubts=doubts)
    try:
        fleet.plan([own], (), lambda _: 5000, held={own.file: []} if held else {})
        problems = ()
    except ConfigError as error:
        problems = error.problems
    assert problems == said


def test_the_projects_know_what_plugins_have_added_and_what_does_not_run(tmp_path):
    plugin = tmp_path / "plugin.py"
    plugin.write_text(ADDS)
    own = project(service("web"), service("api"), plugins=[plugin])
    found = fleet.plan([own], ["web", "contacts"], lambda _: 5000)
    (added,) = fleet.with_added([own], found)
    assert [each.name for each in added.services] == ["web", "contacts", "api"]
    assert not any(each.is_discovered for each in found)


def test_what_a_plugin_has_found_stays_when_its_file_is_saved(tmp_path):
    plugin = tmp_path / "plugin.py"
    finds = "from devserve import *\n@hookimpl\nasync def devserve_discover(): yield []\n"
    plugin.write_text(finds)
    own = project(plugins=[plugin])
    (before,) = fleet.load([own])
    before.discovered = {name: (service("found"),) for name in (*before.discoveries(), "of a plugin that is gone")}
    plugin.write_text(f"{finds}\n")
    (after,) = fleet.load([own], [before])
    assert after is not before
    (found,) = fleet.plan([own], (), lambda _: 5000, hooks=[after])
    assert (found.service.name, found.is_discovered) == ("found", True)
    assert list(after.discovered) == list(after.discoveries())


def test_services_can_be_served_without_being_started():
    found = list(planned(project(service("web"), replace(service("inside"), command=()))).values())
    web, inside = fleet.served_only(found)
    assert (web.service.command, web.service.port) == ((), web.port)
    assert inside == found[1]


def test_a_second_checkout_has_names_below():
    mail = service("mail", aliases=("post.test",), livereload=Livereload(host="live.test"))
    (below,) = fleet.below("feature", list(planned(project(mail)).values()))
    assert below.service.names == ("feature.mail.test", "feature.post.test", "feature.live.test")
    (below,) = fleet.below("feature", list(planned(project(service("mail"))).values()))
    assert below.service.names == ("feature.mail.test", "livereload.feature.mail.test")


@pytest.mark.parametrize("label", ["a.b", "-", "Feature", "x" * 64])
def test_what_is_no_label_is_no_sub_name(label):
    with pytest.raises(UsageError, match=r"--sub-name .*: write one label of a host name"):
        fleet.below(label, [])


OWN_PORTS = {
    "a port": service("web", port=443),
    "a picked one": service("web"),
    "an upstream": service("web", upstream=Origin(host="localhost", port=80)),
}


@pytest.mark.parametrize("own", OWN_PORTS.values(), ids=OWN_PORTS)
def test_no_service_may_have_a_port_of_devserves_own(own):
    plan = fleet.plan([project(own)], (), lambda taken: 8443)
    with pytest.raises(ConfigError, match=r"\[services\.web\]: port \d+ is devserve's own, .*; write another one"):
        fleet.refuse_own_ports(plan, {443, 80, 8443})


@pytest.mark.parametrize(
    "upstream", [None, Origin("https", "staging.test", 443), Origin(unix_path="/app.sock")], ids=str
)
def test_the_same_port_elsewhere_is_fine(upstream):
    fleet.refuse_own_ports(fleet.plan([project(service("web", upstream=upstream))], (), lambda taken: 5000), {443, 80})


def test_a_way_to_a_remote_is_not_planned_beside_the_service_itself():
    people = Service("people", Path("/work/shop"), "api.contacts.test", upstream=Origin("https", "staging.test", 443))
    shop = project(service("web", needs=("people",)), people, file="/work/shop/devserve.toml")
    for only in ([], ["web"], ["web", "people"]):
        plan = planned(shop, contacts(), only=only)
        assert "people" not in plan
        assert plan["web"].service.needs == ("api",)
    assert list(planned(shop)) == ["web", "people"]


def test_a_service_keeps_the_port_that_it_was_given():
    before = planned(project(service("web"), service("api", port=3000)))
    plan = planned(project(service("new"), service("web"), service("api")), before=list(before.values()))
    assert {name: each.port for name, each in plan.items()} == {"new": 5001, "web": 5000, "api": 3000}


def test_a_port_that_another_service_asks_for_is_kept_by_none():
    before = planned(project(service("web")))
    plan = planned(project(service("web"), service("api", port=5000)), before=list(before.values()))
    assert {name: each.port for name, each in plan.items()} == {"web": 5001, "api": 5000}


def test_plugins_are_loaded_again_only_when_their_files_have_changed(tmp_path):
    file = tmp_path / "plugin.py"
    file.write_text("# one\n")
    one = project(service("web"), plugins=[file])
    first = planned(one)
    second = planned(one, before=list(first.values()))
    assert second["web"].hooks is first["web"].hooks
    file.write_text("# other\n")
    assert planned(one, before=list(second.values()))["web"].hooks is not first["web"].hooks


def test_a_saved_plugin_is_another_one_for_the_services_of_its_repository_alone(tmp_path):
    both = []
    for name in ("one", "other"):
        root = tmp_path / name
        root.mkdir()
        (root / "tool.py").write_text("# as it was\n")
        several = [Service(f"{name}-{each}", root, f"{each}.{name}.test", command=("true",)) for each in ("a", "b")]
        both.append(project(*several, file=str(root / "devserve.toml"), plugins=[root / "tool.py"]))
    before = planned(*both)
    (tmp_path / "one" / "tool.py").write_text("# saved\n")
    after = planned(*both, before=list(before.values()))
    found = difference(list(before.values()), list(after.values()))
    assert [each.service.name for each in found.changed] == ["one-a", "one-b"]
    assert (found.gone, found.new, found.restarted) == ((), (), ())


def test_a_shared_environment_answers_for_what_is_not_asked_for():
    staging = Origin("https", "staging.test", 443)
    several = project(
        service("web", fallback=staging),
        service("api", port=3000, fallback=staging, needs=("web",), upstream_host="localhost"),
        service("docs", fallback=Origin(port=9)),
        service("db"),
        Service("search", Path("/repository"), "search.test", upstream=staging),
        file="/work/shop/devserve.toml",
    )
    plan = {name: each.service for name, each in planned(several, only=["web"]).items()}
    assert list(plan) == ["web", "api", "search"]
    assert (plan["web"].command, plan["web"].fallback) == (("true",), staging)
    for name in ("api", "search"):
        assert (plan[name].upstream, plan[name].upstream_host, plan[name].needs) == (staging, "", ())
        assert plan[name].is_remote
    assert len(planned(several)) == 5


def test_of_a_project_that_is_held_nothing_is_left_that_could_run(tmp_path):
    plugin = tmp_path / "plugin.py"
    plugin.write_text("raise AssertionError\n")
    own = project(service("web", needs=("api",)))
    other = project(service("api", env_file=tmp_path / ".env"), file="/other/devserve.toml", plugins=[plugin])
    held = {other.file: ["api runs: evil"]}
    web, api = fleet.plan([own, other], (), lambda _: 5000, held=held)
    assert (web.service.needs, web.service.would_run) == (("api",), ())
    assert (api.service.watch, api.service.env_file, api.service.needs) == ((), None, ())
    assert api.service.would_run == ("api runs: evil",)


@pytest.mark.parametrize(("lacking", "left"), [(True, {"web": ()}), (False, {"web": ("api",), "api": ()})])
def test_a_held_service_that_lacks_something_is_left_out_and_needed_by_nobody(lacking, left):
    own = project(service("web", needs=("api",)))
    other = project(service("api"), file="/other/devserve.toml")
    planned = fleet.plan([own, other], (), lambda _: 5000, held={other.file: ["api runs: evil"]})
    found = fleet.without_held(planned, lambda service: lacking)
    assert {each.service.label: each.service.needs for each in found} == left
