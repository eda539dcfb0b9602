"""Ports from 80 up for a normal user on Linux (ip-sysctl: ip_unprivileged_port_start)."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.steps import ReadFile, RemoveFile, Run, WriteFile

LOWEST = 80
USUAL = 1024  # the kernel's default
SETTING = "net.ipv4.ip_unprivileged_port_start"  # counts for IPv6 as well
VALUE_FILE = Path("proc/sys/net/ipv4/ip_unprivileged_port_start")
DROP_IN = Path("etc/sysctl.d/50-devserve.conf")
CONTENT = f"# From `devserve setup`; `devserve teardown` removes it.\n{SETTING} = {LOWEST}\n".encode()


def low_ports(facts: Facts) -> tuple[Provision, ...]:
    """Return what makes the ports bindable: nothing where they are, or where no setting is needed."""
    value = facts.texts.get(facts.root / VALUE_FILE, "").strip()
    ours = facts.root / DROP_IN in facts.paths
    if facts.system != "Linux" or not value.isdecimal() or (int(value) <= LOWEST and not ours):
        return ()
    return (provision(facts.root / DROP_IN, facts.root / VALUE_FILE),)


def provision(drop_in: Path, value_file: Path) -> Provision:
    """Return the steps for a drop-in file of sysctl.d and the kernel's own file."""
    return Provision(
        kind=Kind.LOW_PORTS,
        title=f"ports from {LOWEST} up without root (other ways: --ports)",
        place=drop_in,
        sha256=sha256(CONTENT).hexdigest(),
        evidence=CONTENT.decode(),
        install=(WriteFile(drop_in, CONTENT, needs_root=True), _sysctl(LOWEST)),
        look_up=(ReadFile(drop_in),),
        verify=(Run(("sh", "-c", f'test "$(cat "$0")" -le {LOWEST}', str(value_file))),),
        remove=(RemoveFile(drop_in, needs_root=True), _sysctl(USUAL)),
        files=(drop_in,),
    )


def sentence(system: str) -> str:
    """Return how a normal user gets port 443 on a system, for people."""
    match system:
        case "Linux":
            return (
                f"`devserve setup` lets every user of this machine bind ports from {LOWEST} up ({SETTING});"
                " `devserve setup --help` lists other ways."
            )
        case "Darwin":
            return (
                "macOS lets every user bind port 443 on all addresses; devserve then refuses connections from outside."
            )
        case "Windows":
            return "Windows needs no permission for port 443; run devserve inside WSL2."
        case _:
            return f"{system} is not known to devserve: use `devserve run --https-port 8443` if 443 cannot be bound."


def _sysctl(value: int) -> Run:
    return Run(("sysctl", "-w", f"{SETTING}={value}"), needs_root=True)
