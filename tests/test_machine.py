from pathlib import Path

import pytest

from devserve import machine
from devserve.ca.port_ways import Way
from devserve.ca.provisions import Kind
from devserve.doctor.names import Resolved
from devserve.io import resolution


@pytest.fixture(autouse=True)
def hosts(tmp_path, monkeypatch) -> Path:
    file = tmp_path / "hosts"
    file.write_text("127.0.0.1 localhost\n10.0.0.9 api.shop.test\n")
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", str(file))
    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")
    return file


@pytest.mark.parametrize(
    ("names", "way", "kinds"),
    [
        (["web.shop.test"], Way.NONE, [Kind.HOSTS]),
        (["web.localhost"], Way.NONE, []),
        (["web.localhost"], Way.REDIRECT, [Kind.REDIRECT]),
        (["web.shop.test"], Way.SYSTEMD, [Kind.SYSTEMD, Kind.HOSTS]),
    ],
)
def test_setup_provides_the_chosen_way_and_the_names_that_need_it(hosts, names, way, kinds):
    found = machine.beside_trust(names, way)
    assert [each.kind for each in found] == kinds
    assert [each.place for each in found if each.kind is Kind.HOSTS] == [hosts] * kinds.count(Kind.HOSTS)


def test_root_needs_no_way_to_a_port(monkeypatch):
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    assert machine.beside_trust([]) == ()


def test_only_names_that_need_a_line_are_asked_about_and_what_is_lost_is_said(monkeypatch, caplog):
    asked: list[str] = []

    def answer(hosts, tell):
        asked.extend(hosts)
        tell([Resolved("web.shop.test", error="x"), Resolved("api.shop.test", ("10.0.0.9",))])

    monkeypatch.setattr(resolution, "in_background", answer)
    machine.tell_lost_names(["web.shop.test", "web.localhost", "api.shop.test"])
    assert asked == ["web.shop.test", "api.shop.test"]
    assert "web.shop.test leads nowhere yet" in caplog.messages[0]
    assert "Take api.shop.test out of line 2 of" in caplog.messages[1]


def test_a_hosts_file_that_cannot_be_read_hinders_nobody(hosts, monkeypatch, caplog):
    hosts.unlink()
    monkeypatch.setattr(resolution, "in_background", lambda names, tell: tell(resolution.resolve_all(names)))
    machine.tell_lost_names(["web.names-test.invalid"])
    assert "leads nowhere yet" in caplog.messages[0]
