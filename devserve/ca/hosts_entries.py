"""The names of services in the hosts file, as one provision of setup."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from devserve.ca.hosts_block import BEGIN, needs_entry
from devserve.ca.provisions import Kind, Provision
from devserve.ca.steps import ReadFile, Run

# This very devserve, whatever PATH sudo sets; -P: nothing in the present folder is taken for it.
DEVSERVE = (sys.executable, "-P", "-m", "devserve")
# Whole lines, without a carriage return at their end: what `hosts --check` says, forty times as fast.
ALL_THERE = """\
lines=$(tr -d '\\r' < "$0")
for name; do
  for address in 127.0.0.1 ::1; do
    printf '%s\\n' "$lines" | grep -qxF "$address $name" || { echo "no line $address $name"; exit 1; }
  done
done
"""
FLUSH = (  # macOS keeps answers in mind (untried on a Mac)
    Run(("dscacheutil", "-flushcache"), needs_root=True),
    Run(("killall", "-HUP", "mDNSResponder"), needs_root=True),
)


def hosts_entries(place: Path, hosts: Iterable[str], system: str) -> tuple[Provision, ...]:
    """Return what makes the hosts lead to this machine: nothing when they all do so by themselves."""
    names = tuple(sorted({host for host in hosts if needs_entry(host, system)}))
    return (provision(place, names, system),) if names else ()


def provision(place: Path, names: tuple[str, ...], system: str) -> Provision:
    """Return the steps for names in a hosts file. All repositories share its one block, which is removed whole."""
    flush = FLUSH if system == "Darwin" else ()
    return Provision(
        kind=Kind.HOSTS,
        title="names of services",
        place=place,
        sha256=sha256(BEGIN).hexdigest(),
        evidence=BEGIN.decode(),
        install=(_hosts("--write", place, names, needs_root=True), *flush),
        look_up=(ReadFile(place),),
        verify=(Run(("sh", "-c", ALL_THERE, str(place), *names)),),
        remove=(_hosts("--remove", place, (), needs_root=True), *flush),
    )


def _hosts(verb: str, place: Path, names: tuple[str, ...], *, needs_root: bool = False) -> Run:
    return Run((*DEVSERVE, "hosts", verb, "--file", str(place), *names), needs_root=needs_root)
