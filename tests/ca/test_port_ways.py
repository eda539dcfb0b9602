from pathlib import Path

import pytest

from devserve.ca import low_ports
from devserve.ca.facts import Facts
from devserve.ca.port_ways import EXPLAINED, Start, Way, provisions, usual
from devserve.ca.provisions import Kind

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
