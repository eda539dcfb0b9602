"""What devserve needs of this machine beside trust: a way to its ports, and names that lead here."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Collection, Iterable
from pathlib import Path

from devserve.ca.hosts_block import needs_entry
from devserve.ca.hosts_entries import DEVSERVE, hosts_entries
from devserve.ca.port_ways import Start, Way, provisions, usual
from devserve.ca.provisions import Provision
from devserve.doctor.names import Resolved, complaints
from devserve.errors import HostsFileError
from devserve.io import state
from devserve.io.ca import authority as authorities
from devserve.io.ca import hosts_file, trust
from devserve.io.doctor import resolution

LOG = logging.getLogger("devserve")


def beside_trust(names: Iterable[str], way: Way | None = None) -> tuple[Provision, ...]:
    """Return what setup provides beside trust: a way to port 443, and the names that need a line of their own."""
    facts = trust.survey()
    if way is None:  # root binds every port already
        way = usual(facts.system) if os.geteuid() != 0 else Way.NONE
    ports = provisions(way, facts, _start())
    return (*ports, *hosts_entries(hosts_file.place(), names, facts.system))


def _start() -> Start:
    kept = tuple((name, os.environ[name]) for name in ("PATH", state.VARIABLE) if name in os.environ)
    return Start(authorities.subject_here("").user, Path.cwd(), (*DEVSERVE, "run"), kept)


def tell_lost_names(names: Iterable[str], passing: Collection[str] = ()) -> None:
    """Say, as soon as the resolver has answered, which names do not lead to this machine, and what mends it.

    `passing` are those among them of services that plugins have found while devserve runs.
    """
    place = hosts_file.place()

    def tell(resolved: list[Resolved]) -> None:
        try:
            content = hosts_file.read(place)
        except HostsFileError:
            content = b""  # for the wording alone: doctor says what is wrong with it
        for said in complaints(resolved, content, str(place), passing):
            LOG.warning("%s", said)

    resolution.in_background([name for name in names if needs_entry(name, platform.system())], tell)
