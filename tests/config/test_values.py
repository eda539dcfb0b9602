from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from signal import SIGTERM

import pytest

from devserve.config.values import (
    INSIDE,
    Livereload,
    Origin,
    Project,
    Ready,
    Service,
    Stop,
    Then,
    Timeouts,
    UpstreamTls,
    WatchRule,
)


@pytest.fixture
def service() -> Service:
    return Service("web", Path("/repo"), "web.shop.test", aliases=("www.shop.test",), env={"TOKEN": "s3cret"})


def test_a_service_that_says_nothing_has_the_defaults_of_the_contract(service):
    assert (service.path, service.port, service.upstream) == ("/", None, None)
    assert (service.ready, service.stop) == (Ready("tcp", timeout=30.0), Stop(SIGTERM, 4.0))
    assert service.livereload == Livereload("devserve", "", None, "adapt", "head")


def test_a_service_that_says_nothing_has_time_for_a_debugger_and_none_for_slow_heads(service):
    assert service.timeouts == Timeouts(
        handshake=10.0, connect=10.0, head=30.0, upload=120.0, answer=600.0, download=600.0, idle=75.0
    )


def test_a_service_that_says_nothing_gets_the_browsers_host_and_verifies_its_upstream(service):
    assert service.upstream_host == ""
    assert Origin("https", "staging.test", 443).tls is None
    assert UpstreamTls().verify


@pytest.mark.parametrize(
    "tls",
    [
        UpstreamTls(verify=False),
        UpstreamTls(server_name="other.test"),
        UpstreamTls(ca=Path("/repo/ca.pem")),
        UpstreamTls(client_cert=Path("/repo/me.pem")),
    ],
)
def test_an_origin_with_other_settings_of_tls_is_another_origin(tls):
    assert len({Origin("https", "staging.test", 443), Origin("https", "staging.test", 443, tls=tls)}) == 2
    assert Origin("https", "staging.test", 443, tls=tls) == Origin("https", "staging.test", 443, tls=replace(tls))


def test_a_rule_reloads_unless_it_says_otherwise():
    assert WatchRule(("*.html",)).then is Then.RELOAD


def test_the_hosts_are_the_host_and_its_aliases(service):
    assert service.hosts == ("web.shop.test", "www.shop.test")


def test_livereload_has_a_host_below_the_services(service):
    assert service.livereload_host == "livereload.web.shop.test"


def test_livereload_can_have_a_host_of_its_own():
    service = Service("web", Path("/repo"), "web.test", livereload=Livereload(host="reload.test"))
    assert service.livereload_host == "reload.test"


@pytest.mark.parametrize(
    ("scheme", "port", "origin"),
    [
        ("https", 443, "https://livereload.web.shop.test"),
        ("http", 80, "http://livereload.web.shop.test"),
        ("https", 8443, "https://livereload.web.shop.test:8443"),
        ("http", 443, "http://livereload.web.shop.test:443"),
    ],
)
def test_livereload_has_an_origin_as_browsers_write_it(service, scheme, port, origin):
    assert service.livereload_origin(scheme, port) == origin
    assert service.livereload_url(scheme, port) == f"{origin}/livereload.js?port={port}&mindelay=100&maxdelay=800"


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (Origin("https", "staging.test", 443), "https://staging.test:443"),
        (Origin(port=3001), "http://127.0.0.1:3001"),
        (Origin(unix_path="/run/app.sock"), "unix:/run/app.sock"),
    ],
)
def test_an_origin_reads_as_it_is_written_in_the_file(origin, text):
    assert str(origin) == text


def test_the_environment_stays_out_of_logs(service):
    assert "s3cret" not in repr(service)


def test_values_do_not_change(service):
    with pytest.raises(FrozenInstanceError):
        service.host = "other.test"


def test_a_projects_root_is_the_folder_of_its_file():
    assert Project(Path("/repo/devserve.toml")).root == Path("/repo")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", False),
        ("127.1.2.3", False),
        ("::1", False),
        ("0.0.0.0", False),
        ("localhost", False),
        ("API.localhost", False),
        ("192.168.1.5", True),
        ("staging.example.com", True),
        ("notlocalhost", True),
    ],
)
def test_an_origin_is_remote_unless_it_is_this_machine(host, expected):
    assert Origin(host=host).is_remote is expected


def test_neither_a_unix_socket_nor_an_application_inside_is_remote():
    assert Origin(host="staging.example.com", unix_path="/run/app.sock").is_remote is False
    assert Origin(host="mailbox", port=INSIDE).is_remote is False


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"upstream": Origin(host="staging.test")}, True),
        ({"upstream": Origin(host="staging.test"), "command": ("x",)}, False),
        ({"upstream": Origin()}, False),
        ({"port": 3000}, False),
    ],
)
def test_a_service_is_remote_when_it_is_only_a_way_there(fields, expected):
    assert Service("web", Path("/repo"), "web.test", **fields).is_remote is expected


def test_a_label_has_the_repository_only_where_the_name_is_shared():
    service = Service("api", Path("/repo"), "api.test", repository="contacts")
    assert (service.label, replace(service, shares_name=True).label) == ("api", "contacts/api")


def test_without_its_plugin_files_a_project_has_no_tables_of_theirs():
    tables = {"ribbon": {"colour": "teal"}, "mock": {"folder": "answers"}}
    project = Project(Path("/shop/devserve.toml"), plugins=(Path("/shop/tools/ribbon.py"),), tables=tables)
    assert project.without_files() == Project(project.file, tables={"mock": tables["mock"]})
