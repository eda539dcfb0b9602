"""launchd binds the ports and hands them to devserve (launchd.plist(5)). Untried on a Mac: built as documented."""

from __future__ import annotations

import plistlib
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.steps import ReadFile, RemoveFile, Run, WriteFile

LAUNCHCTL = "launchctl"
LABEL = "localhost.devserve"
AGENT = Path("Library/LaunchAgents") / f"{LABEL}.plist"
SOCKETS = {"https": 443, "http": 80}  # the names under which devserve asks for them
LOOPBACK = ("127.0.0.1", "::1")


def agent(folder: Path, command: Iterable[str], variables: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return the agent that starts devserve in a folder, for the user who logs in."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "WorkingDirectory": str(folder),
            "EnvironmentVariables": dict(variables),
            "RunAtLoad": True,
            "Sockets": {
                name: [{"SockNodeName": address, "SockServiceName": str(port)} for address in LOOPBACK]
                for name, port in SOCKETS.items()
            },
        }
    )


def provision(place: Path, facts: Facts, agent_file: bytes = b"") -> Provision:
    """Return the steps for an agent's file; without content it is only seen and removed. Nothing of this needs root."""
    return Provision(
        kind=Kind.LAUNCHD,
        title="ports 443 and 80 by launchd",
        place=place,
        sha256=sha256(LABEL.encode()).hexdigest(),
        evidence=agent_file.decode() or LABEL,
        install=(WriteFile(place, agent_file), Run((LAUNCHCTL, "load", "-w", str(place)))) if agent_file else (),
        look_up=(ReadFile(place),),
        remove=(Run((LAUNCHCTL, "unload", "-w", str(place))), RemoveFile(place)),
        files=(place,),
        obstacle="" if LAUNCHCTL in facts.commands else "the command launchctl is not there",
    )
