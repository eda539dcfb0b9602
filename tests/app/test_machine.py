from pathlib import Path

import pytest

from devserve.app import machine
from devserve.ca.hosts_block import with_names
from devserve.ca.port_ways import Way
from devserve.ca.provisions import Kind, State
from devserve.doctor.names import Resolved
from devserve.io.ca import ledger, trust
from devserve.io.doctor import resolution
from support.authority import authority


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


def provide(home: Path, *names: str) -> list[State]:
    """Do what setup does beside trust; this machine's own stores stay alone."""
    also = machine.beside_trust(names, Way.NONE)
    outcomes = trust.install(home, authority(), trust.survey(), lambda _: None, groups=(), also=also)
    return [outcome.state for outcome in outcomes]


def test_names_are_written_once_added_to_and_taken_out_from_the_ledger(hosts, tmp_path):
    home, before = tmp_path / "state", hosts.read_bytes()
    home.mkdir(mode=0o700)
    assert provide(home, "web.shop.test") == [State.DONE]
    assert hosts.read_bytes() == with_names(before, ["web.shop.test"])
    assert provide(home, "web.shop.test") == [State.ALREADY]
    assert provide(home, "api.shop.test") == [State.DONE]
    assert hosts.read_bytes() == with_names(before, ["api.shop.test", "web.shop.test"])
    assert [entry.kind for entry in ledger.read(home)] == [Kind.HOSTS]
    outcomes = trust.remove(home, trust.survey(), lambda _: None)
    assert [outcome.state for outcome in outcomes] == [State.REMOVED]
    assert hosts.read_bytes() == before


def test_damaged_markers_fail_with_their_line_and_leave_the_file_alone(hosts, tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    hosts.write_text("127.0.0.1 localhost\n# END devserve\n")
    also = machine.beside_trust(["web.shop.test"], Way.NONE)
    [failed] = trust.install(tmp_path / "state", authority(), trust.survey(), lambda _: None, groups=(), also=also)
    assert failed.state is State.FAILED
    assert "line 2 of 2" in failed.reason
    assert hosts.read_text() == "127.0.0.1 localhost\n# END devserve\n"
