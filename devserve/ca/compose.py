"""A file for Docker Compose whose one service others extend: the public certificate, the variables, the names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from devserve.ca.environment import variables

INSIDE = Path("/etc/devserve")  # where containers see the folder with the public files
HEAD = """\
# Save this as devserve.compose.yaml. A service of yours takes all of it by
#   extends: { file: devserve.compose.yaml, service: devserve }
# Containers do not reach 127.0.0.1 of this machine: devserve must listen at the bridge's address too, for instance
#   devserve run --bind 127.0.0.1 --bind ::1 --bind 172.17.0.1
"""


def compose(ca: Path, bundle: Path, urls: Mapping[str, str], hosts: Iterable[str]) -> str:
    """Return the file as YAML. Only the folder with the public files is mounted, read-only; the key is not in it."""
    inside = variables(INSIDE / ca.name, INSIDE / bundle.name, urls)
    lines = [
        "services:",
        "  devserve:",
        "    environment:",
        *(f"      {name}: {_text(value)}" for name, value in inside.items()),
        "    volumes:",
        f"      - {{ type: bind, source: {_text(str(ca.parent))}, target: {_text(str(INSIDE))}, read_only: true }}",
    ]
    names = sorted(set(hosts))
    if names:
        lines += ["    extra_hosts:", *(f"      - {_text(f'{name}:host-gateway')}" for name in names)]
    return HEAD + "".join(f"{line}\n" for line in lines)


def _text(value: str) -> str:
    """Return a text in YAML's double quotes, which are JSON's; a dollar sign alone would name a variable."""
    return json.dumps(value.replace("$", "$$"))
