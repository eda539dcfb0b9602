"""Ports 443 and 80 of loopback led to ones that everybody may bind, by a table of nftables that is ours alone."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.steps import ReadFile, RemoveFile, Run, Step, WriteFile
from devserve.ca.systemd_socket import SYSTEMCTL

NFT = "nft"
TABLE = ("table", "inet", "devserve")
RULES = Path("etc/devserve-redirect.nft")
UNIT = "devserve-redirect.service"
LED = {443: 8443, 80: 8080}
# Named before it is deleted: deleting a table that is not there is an error.
CONTENT = """\
# From `devserve setup --ports redirect`; `devserve teardown` removes it.
table inet devserve
delete table inet devserve
table inet devserve {
  chain output {
    type nat hook output priority -100; policy accept;
    oifname "lo" tcp dport 443 redirect to :8443
    oifname "lo" tcp dport 80 redirect to :8080
  }
}
"""
AT_BOOT = """\
# From `devserve setup --ports redirect`; `devserve teardown` removes it.
[Unit]
Description=Ports 443 and 80 of loopback led to devserve

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=nft -f {rules}
ExecStop=nft delete table inet devserve

[Install]
WantedBy=multi-user.target
"""


def provision(place: Path, facts: Facts) -> Provision:
    """Return the steps for a file of rules. Without systemd they last until the next start of the machine."""
    unit = facts.root / "etc/systemd/system" / UNIT
    by_systemd = SYSTEMCTL in facts.commands
    return Provision(
        kind=Kind.REDIRECT,
        title="ports 443 and 80 of loopback led to 8443 and 8080",
        place=place,
        sha256=sha256(CONTENT.encode()).hexdigest(),
        evidence=CONTENT,
        install=_install(place, unit, by_systemd),
        look_up=(ReadFile(place),),
        remove=_remove(place, unit, by_systemd),
        files=(place, unit) if by_systemd else (place,),
        obstacle="" if NFT in facts.commands else "the command nft is not installed",
        fix="" if NFT in facts.commands else "Install nftables, then run `devserve setup --ports redirect` again",
        hint="" if by_systemd else "It lasts until the next start of this machine: there is no systemd here",
    )


def _install(place: Path, unit: Path, by_systemd: bool) -> tuple[Step, ...]:
    rules = WriteFile(place, CONTENT.encode(), needs_root=True)
    if not by_systemd:
        return (rules, Run((NFT, "-f", str(place)), needs_root=True))
    return (
        rules,
        WriteFile(unit, AT_BOOT.format(rules=place).encode(), needs_root=True),
        Run((SYSTEMCTL, "daemon-reload"), needs_root=True),
        Run((SYSTEMCTL, "enable", "--now", UNIT), needs_root=True),
    )


def _remove(place: Path, unit: Path, by_systemd: bool) -> tuple[Step, ...]:
    rules = RemoveFile(place, needs_root=True)
    if not by_systemd:
        return (Run((NFT, "delete", *TABLE), needs_root=True), rules)
    return (
        Run((SYSTEMCTL, "disable", "--now", UNIT), needs_root=True),
        rules,
        RemoveFile(unit, needs_root=True),
        Run((SYSTEMCTL, "daemon-reload"), needs_root=True),
    )
