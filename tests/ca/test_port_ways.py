from dataclasses import replace
from pathlib import Path

import pytest

from devserve.ca import low_ports
from devserve.ca.facts import Facts
from devserve.ca.port_ways import EXPLAINED, Start, Way, provisions, usual
from devserve.ca.provisions import Kind, State
from devserve.io.ca import trust
from support.authority import authority
from support.trust_machine import new_machine

START = Start("ann", Path("/home/ann/shop"), ("/venv/python", "-m", "devserve", "run"))


def facts(system: str) -> Facts:
    texts = {Path("/") / low_ports.VALUE_FILE: "1024"}
    commands = frozenset({"nft", "systemctl", "launchctl"})
    return Facts(system, Path("/home/ann"), Path("/c"), Path("/d"), commands=commands, texts=texts)


@pytest.mark.parametrize(
    ("way", "system", "kinds"),
    [
        (Way.SYSCTL, "Linux", [Kind.LOW_PORTS]),
        (Way.REDIRECT, "Linux", [Kind.REDIRECT]),
        (Way.SYSTEMD, "Linux", [Kind.SYSTEMD]),
        (Way.LAUNCHD, "Darwin", [Kind.LAUNCHD]),
        (Way.LAUNCHD, "Linux", []),
        (Way.SYSTEMD, "Darwin", []),
        (Way.NONE, "Linux", []),
        (Way.NONE, "Darwin", []),
    ],
)
def test_each_way_is_for_its_system(way, system, kinds):
    found = provisions(way, facts(system), START)
    assert [each.kind for each in found] == kinds
    assert [each.obstacle for each in found] == ["" for _ in kinds]


def test_every_way_is_explained():
    assert set(EXPLAINED) == set(Way)


@pytest.mark.parametrize(("system", "way"), [("Linux", Way.SYSCTL), ("Darwin", Way.NONE)])
def test_without_a_choice_nothing_is_done_that_is_not_needed(system, way):
    assert usual(system) is way


@pytest.mark.parametrize(
    ("way", "commands", "files"),
    [
        (Way.SYSTEMD, ("systemctl",), ["etc/systemd/system/devserve.service", "etc/systemd/system/devserve.socket"]),
        (Way.REDIRECT, ("nft",), ["etc/devserve-redirect.nft"]),
        (
            Way.REDIRECT,
            ("nft", "systemctl"),
            ["etc/devserve-redirect.nft", "etc/systemd/system/devserve-redirect.service"],
        ),
    ],
)
def test_a_way_is_set_up_once_and_undone_from_the_ledger(way, commands, files, tmp_path, monkeypatch):
    machine = new_machine(tmp_path, monkeypatch)
    (machine.root / "etc/systemd/system").mkdir(parents=True)
    for command in ("nft", "systemctl"):
        machine.command(command, f'#!/bin/sh\necho "{command} $*" >> {machine.folder}/ran\n')
    found = replace(machine.facts(), commands=frozenset(commands))

    def install() -> list[State]:
        ways = provisions(way, found, START)
        outcomes = trust.install(machine.home, authority(), found, lambda _: None, groups=(), also=ways)
        return [outcome.state for outcome in outcomes]

    assert install() == [State.DONE]
    assert install() == [State.ALREADY]
    assert [str(file.relative_to(machine.root)) for file in sorted(machine.root.rglob("*")) if file.is_file()] == files
    ran = (machine.folder / "ran").read_text()
    outcomes = trust.remove(machine.home, found, lambda _: None)
    assert [outcome.state for outcome in outcomes] == [State.REMOVED]
    assert [file for file in machine.root.rglob("*") if file.is_file()] == []
    assert (machine.folder / "ran").read_text() != ran
