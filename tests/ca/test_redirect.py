import shutil
import subprocess
from pathlib import Path

import pytest

from devserve.ca.facts import Facts
from devserve.ca.redirect import CONTENT, LED, provision

RULES = Path("/etc/devserve-redirect.nft")
HOME = Path("/home/ann")


def facts(*commands: str) -> Facts:
    return Facts("Linux", HOME, HOME, HOME, commands=frozenset(commands))


def described(steps) -> list[str]:
    return [step.describe().split("/etc")[0].strip() for step in steps]


def test_with_systemd_the_rules_come_back_at_each_start():
    made = provision(RULES, facts("nft", "systemctl"))
    assert [step.describe() for step in made.install][2:] == [
        "systemctl daemon-reload",
        "systemctl enable --now devserve-redirect.service",
    ]
    assert b"ExecStart=nft -f /etc/devserve-redirect.nft" in made.install[1].data
    assert described(made.remove) == [
        "systemctl disable --now devserve-redirect.service",
        "rm -f --",
        "rm -f --",
        "systemctl daemon-reload",
    ]
    assert len(made.files) == 2


def test_without_systemd_it_says_how_long_they_last():
    made = provision(RULES, facts("nft"))
    assert described(made.install)[1:] == ["nft -f"]
    assert described(made.remove) == ["nft delete table inet devserve", "rm -f --"]
    assert "until the next start" in made.hint


def test_every_step_needs_root():
    made = provision(RULES, facts("nft", "systemctl"))
    assert all(step.needs_root for step in (*made.install, *made.remove))
    assert not any(step.needs_root for step in made.look_up)


def test_without_nft_the_obstacle_is_said():
    assert "nft is not installed" in provision(RULES, facts()).obstacle


def test_the_rules_lead_the_ports_that_devserve_takes():
    for port, led in LED.items():
        assert f'oifname "lo" tcp dport {port} redirect to :{led}' in CONTENT


def test_nft_takes_the_rules(tmp_path):
    if (
        not shutil.which("nft")
        or subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no nft here, or no right to try it in a network of our own")
    file = tmp_path / "rules"
    file.write_text(CONTENT)
    script = f"nft -f {file} && nft -f {file} && nft list table inet devserve && nft delete table inet devserve"
    done = subprocess.run(
        ["unshare", "-n", "sh", "-ec", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.count("redirect to") == 2
