"""All trust stores together, and the way back from a ledger's entry to its steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from devserve.ca import hosts_entries, launchd, low_ports, own_files, port_ways, redirect, systemd_socket
from devserve.ca.facts import Facts
from devserve.ca.ledger import Entry
from devserve.ca.provisions import Kind, Provision
from devserve.ca.root import Root, root_from_pem
from devserve.ca.trust import firefox, java, linux_system, macos, nss, windows
from devserve.errors import TrustStoreError

STORES: dict[Kind, Callable[[Path, Facts, Root], Provision]] = {
    Kind.AUTHORITY: lambda place, _, root: own_files.provision(place, root),
    Kind.LINUX_SYSTEM: linux_system.store,
    Kind.CHROMIUM: nss.store,
    Kind.FIREFOX: firefox.store,
    Kind.MACOS: macos.store,
    Kind.WINDOWS: windows.store,
    Kind.JAVA: java.store,
}
BESIDE: dict[Kind, Callable[[Path, Facts], Provision]] = {  # what is provided beside the trust stores
    Kind.LOW_PORTS: lambda place, facts: low_ports.provision(place, facts.root / low_ports.VALUE_FILE),
    Kind.HOSTS: lambda place, facts: hosts_entries.provision(place, (), facts.system),
    Kind.REDIRECT: redirect.provision,
    Kind.SYSTEMD: systemd_socket.provision,
    Kind.LAUNCHD: launchd.provision,
}
GROUPS: dict[str, frozenset[Kind]] = {  # the trust stores as a user chooses among them
    "system": frozenset({Kind.LINUX_SYSTEM, Kind.MACOS, Kind.WINDOWS}),
    "nss": frozenset({Kind.CHROMIUM, Kind.FIREFOX}),
    "java": frozenset({Kind.JAVA}),
}
COMMANDS = (  # whose presence is one of the facts
    nss.CERTUTIL,
    macos.SECURITY,
    windows.CERTUTIL,
    java.KEYTOOL,
    *nss.BROWSERS,
    *nss.PACKAGES,
    *port_ways.COMMANDS,
    *{family.refresh[0] for family in linux_system.FAMILIES},
)
VARIABLES = (java.VARIABLE, windows.VARIABLE)  # whose values are facts


def text_files(facts: Facts) -> tuple[Path, ...]:
    """Return the files whose text is one of the facts."""
    return (
        *firefox.profile_lists(facts),
        *linux_system.text_files(facts),
        *windows.text_files(facts),
        facts.root / low_ports.VALUE_FILE,
    )


def globs(facts: Facts) -> Iterator[tuple[Path, str]]:
    """Return the folders, and the patterns below them, whose matches are facts."""
    yield from java.globs(facts)


def places(facts: Facts) -> Iterator[Path]:
    """Return the paths whose existence is one of the facts; the texts are known by now."""
    yield from linux_system.places(facts)
    yield from nss.places(facts)
    yield from firefox.places(facts)
    yield from macos.places(facts)
    yield from windows.places(facts)
    yield from java.places(facts)
    yield facts.root / low_ports.DROP_IN


def trust_stores(facts: Facts, root: Root, groups: Collection[str] = tuple(GROUPS)) -> tuple[Provision, ...]:
    """Return each trust store of this machine that belongs to one of the groups, with its steps for a root."""
    kinds = frozenset[Kind]().union(*(GROUPS[group] for group in groups))
    stores = (
        *linux_system.stores(facts, root),
        *macos.stores(facts, root),
        *windows.stores(facts, root),
        *nss.stores(facts, root),
        *firefox.stores(facts, root),
        *java.stores(facts, root),
    )
    return tuple(store for store in stores if store.kind in kinds)


def recorded(entry: Entry, facts: Facts) -> Provision:
    """Return the provision that an entry of the ledger is about. Raises TrustStoreError when it cannot be told."""
    if entry.kind in BESIDE:
        return BESIDE[entry.kind](entry.place, facts)
    try:
        root = root_from_pem(entry.certificate.encode())
    except ValueError as error:
        raise TrustStoreError(
            f"{entry.place}: the ledger's certificate is damaged; remove the root {entry.sha256[:16]} by hand"
        ) from error
    store = STORES[entry.kind](entry.place, facts, root)
    return replace(store, remove=(*store.remove, *(nss.discard(folder) for folder in entry.made)))
