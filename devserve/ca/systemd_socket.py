"""systemd binds the ports and hands them to devserve, which it starts as the developer (systemd.socket(5))."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.steps import ReadFile, RemoveFile, Run, WriteFile

SYSTEMCTL = "systemctl"
SOCKET = Path("etc/systemd/system/devserve.socket")
SERVICE = "devserve.service"
FIRST_LINE = "# From `devserve setup --ports systemd`; `devserve teardown` removes it.\n"
SOCKET_TEXT = (
    FIRST_LINE
    + """\
[Unit]
Description=Ports of devserve

[Socket]
ListenStream=127.0.0.1:443
ListenStream=[::1]:443
ListenStream=127.0.0.1:80
ListenStream=[::1]:80
FreeBind=yes

[Install]
WantedBy=sockets.target
"""
)


def service(user: str, folder: Path, command: Iterable[str], variables: Iterable[tuple[str, str]] = ()) -> str:
    """Return the unit that starts devserve in a folder, as a user."""
    lines = [
        "[Unit]",
        "Description=devserve",
        "Requires=devserve.socket",
        "After=devserve.socket",
        "",
        "[Service]",
        f"User={user}",
        f"WorkingDirectory={_escaped(str(folder))}",
        *(f"Environment={_word(f'{name}={value}')}" for name, value in variables),
        f"ExecStart={' '.join(_word(word) for word in command)}",
        "KillMode=mixed",
        "SuccessExitStatus=130",
        "NoNewPrivileges=yes",
    ]
    return FIRST_LINE + "".join(f"{line}\n" for line in lines)


def provision(place: Path, facts: Facts, service_text: str = "") -> Provision:
    """Return the steps for the socket's unit at a place, with the service's beside it.

    Without the service's text, which the ledger does not keep, they are only seen and removed.
    """
    beside = place.with_name(SERVICE)
    missing = SYSTEMCTL not in facts.commands
    return Provision(
        kind=Kind.SYSTEMD,
        title="ports 443 and 80 by systemd",
        place=place,
        sha256=sha256(SOCKET_TEXT.encode()).hexdigest(),
        evidence=SOCKET_TEXT + service_text,
        install=(
            WriteFile(place, SOCKET_TEXT.encode(), needs_root=True),
            *([WriteFile(beside, service_text.encode(), needs_root=True)] if service_text else []),
            Run((SYSTEMCTL, "daemon-reload"), needs_root=True),
            Run((SYSTEMCTL, "enable", "--now", place.name), needs_root=True),
        ),
        look_up=(ReadFile(place), *((ReadFile(beside),) if service_text else ())),
        remove=(
            Run((SYSTEMCTL, "disable", "--now", place.name, SERVICE), needs_root=True),
            RemoveFile(place, needs_root=True),
            RemoveFile(beside, needs_root=True),
            Run((SYSTEMCTL, "daemon-reload"), needs_root=True),
        ),
        files=(place, beside),
        obstacle="the command systemctl is not there" if missing else "",
        fix="Choose another way, such as `devserve setup --ports sysctl`" if missing else "",
        hint="Its output: `journalctl -fu devserve`",
    )


def _word(text: str) -> str:
    """Return a word in systemd's double quotes, in which it would see specifiers and variables."""
    return '"' + _escaped(text).replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
