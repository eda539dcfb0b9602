from pathlib import Path

import pytest

from devserve.config.assembly import project_of
from devserve.config.tables import Document
from devserve.config.values import Livereload, Origin, Ready, Service, Stop, Then, Timeouts, UpstreamTls

FILE = Path("/repo/devserve.toml")


def service(**table: object) -> Service:
    document = Document.model_validate({"project": {"domain": "shop.test"}, "services": {"web": table}})
    return project_of(document, FILE).services[0]


def test_a_host_is_the_name_and_the_domain_unless_it_is_given():
    assert service().host == "web.shop.test"
    assert service(host="other.test").host == "other.test"


def test_nothing_said_means_the_defaults():
    assert service() == Service(
        "web", Path("/repo"), "web.shop.test", ready=Ready(), stop=Stop(), livereload=Livereload()
    )


@pytest.mark.parametrize(
    ("written", "ready"),
    [
        ({"tcp": True}, Ready("tcp")),
        ({"http": "/up"}, Ready("http", http="/up")),
        ({"log": "up", "timeout": 2}, Ready("log", log="up", timeout=2.0)),
    ],
)
def test_a_service_is_ready_by_the_sign_that_is_named(written, ready):
    assert service(ready=written).ready == ready


def test_relative_paths_start_at_the_files_folder():
    found = service(env_file=".env", cwd="client", upstream="unix:app.sock")
    assert (found.env_file, found.cwd) == (Path("/repo/.env"), Path("/repo/client"))
    assert found.upstream == Origin(unix_path="/repo/app.sock")


def test_absolute_paths_stay():
    assert service(cwd="/elsewhere").cwd == Path("/elsewhere")


def test_settings_of_tls_are_part_of_the_origin():
    keys = {"ca": "ca.pem", "server_name": "a.test", "client_cert": "/etc/me.pem", "client_key": "me.key"}
    upstream = service(upstream="https://b.test", upstream_tls=keys).upstream
    tls = UpstreamTls(Path("/repo/ca.pem"), True, "a.test", Path("/etc/me.pem"), Path("/repo/me.key"))
    assert upstream == Origin("https", "b.test", 443, tls=tls)


@pytest.mark.parametrize("keys", [{}, {"verify": True}])
def test_settings_of_tls_that_say_nothing_are_none(keys):
    assert service(upstream="https://b.test", upstream_tls=keys).upstream == Origin("https", "b.test", 443)


def test_timeouts_are_seconds_and_those_that_are_not_given_have_their_defaults():
    assert service(timeouts={"head": "500ms", "answer": "1m"}).timeouts == Timeouts(head=0.5, answer=60.0)


def test_the_upstream_can_be_sent_a_host_of_its_own():
    assert service(upstream_host="Staging.test:3001").upstream_host == "staging.test:3001"


def test_watch_rules_keep_their_order():
    rules = service(watch=[{"paths": ["a"], "then": "restart"}, {"paths": ["b"]}]).watch
    assert [(rule.paths, rule.then) for rule in rules] == [(("a",), Then.RESTART), (("b",), Then.RELOAD)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("devserve", ("devserve", None)),
        ("off", ("off", None)),
        (35729, (35729, None)),
        ("relay:35730", ("devserve", 35730)),
    ],
)
def test_what_is_relayed_is_told_by_devserve(source, expected):
    livereload = service(livereload={"source": source, "script": "own.js"}).livereload
    assert (livereload.source, livereload.relay) == expected
    assert livereload.script == Path("/repo/own.js")
