"""The ways to port 443 without a server that runs as root, as setup offers them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from devserve.ca import launchd, low_ports, redirect, systemd_socket
from devserve.ca.facts import Facts
from devserve.ca.provisions import Provision


class Way(StrEnum):
    """Who lets devserve have the port."""

    SYSCTL = "sysctl"
    REDIRECT = "redirect"
    SYSTEMD = "systemd"
    LAUNCHD = "launchd"
    NONE = "none"


EXPLAINED = {
    Way.SYSCTL: "every user of this machine may bind ports from 80 up (Linux; what setup does by itself)",
    Way.REDIRECT: "nftables leads 443 and 80 of loopback to 8443 and 8080; no port is opened to other programs (Linux)",
    Way.SYSTEMD: "systemd binds the ports and starts devserve in this folder with the first connection, as you (Linux)",
    Way.LAUNCHD: "launchd binds the ports and starts devserve in this folder when you log in (macOS; untried)",
    Way.NONE: "nothing is changed; devserve takes 8443 where it may not bind 443",
}
SYSTEMS = {Way.SYSCTL: "Linux", Way.REDIRECT: "Linux", Way.SYSTEMD: "Linux", Way.LAUNCHD: "Darwin"}
COMMANDS = (redirect.NFT, systemd_socket.SYSTEMCTL, launchd.LAUNCHCTL)


@dataclass(frozen=True, slots=True)
class Start:
    """What a service of the system starts: the command, where, as whom, with which of our variables."""

    user: str
    folder: Path
    command: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()


def usual(system: str) -> Way:
    """Return the way that setup goes when nobody chooses: where none is needed, none."""
    return Way.SYSCTL if system == "Linux" else Way.NONE


def provisions(way: Way, facts: Facts, start: Start) -> tuple[Provision, ...]:
    """Return what a way provides on this machine; nothing for one of another system."""
    if SYSTEMS.get(way) != facts.system:
        return ()
    match way:
        case Way.SYSCTL:
            return low_ports.low_ports(facts)
        case Way.REDIRECT:
            return (redirect.provision(facts.root / redirect.RULES, facts),)
        case Way.SYSTEMD:
            unit = systemd_socket.service(start.user, start.folder, start.command, start.variables)
            return (systemd_socket.provision(facts.root / systemd_socket.SOCKET, facts, unit),)
        case _:
            agent = launchd.agent(start.folder, start.command, start.variables)
            return (launchd.provision(facts.home / launchd.AGENT, facts, agent),)
