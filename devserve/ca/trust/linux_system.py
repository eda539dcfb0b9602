"""The system's trust store on Linux, by its anchor folder and the command that reads it: what curl and git ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.root import Root
from devserve.ca.steps import ReadFile, RemoveFile, Run, WriteFile
from devserve.errors import TrustStoreError


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of distributions takes a root. Paths are below the system's root folder."""

    title: str
    anchors: Path
    ending: str
    refresh: tuple[str, ...]
    refresh_after_removal: tuple[str, ...]
    bundle: Path  # what the refresh writes and clients read


FAMILIES = (
    Family(
        "Debian",
        Path("usr/local/share/ca-certificates"),
        ".crt",
        ("update-ca-certificates",),
        ("update-ca-certificates", "--fresh"),
        Path("etc/ssl/certs/ca-certificates.crt"),
    ),
    Family(
        "Fedora",
        Path("etc/pki/ca-trust/source/anchors"),
        ".pem",
        ("update-ca-trust",),
        ("update-ca-trust",),
        Path("etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
    ),
    Family(
        "Arch",
        Path("etc/ca-certificates/trust-source/anchors"),
        ".crt",
        ("update-ca-trust",),
        ("update-ca-trust",),
        Path("etc/ca-certificates/extracted/tls-ca-bundle.pem"),
    ),
    Family(
        "openSUSE",
        Path("etc/pki/trust/anchors"),
        ".pem",
        ("update-ca-certificates",),
        ("update-ca-certificates",),
        Path("var/lib/ca-certificates/ca-bundle.pem"),
    ),
)

OS_RELEASE = Path("etc/os-release")
NIXOS_BUNDLE = Path("etc/ssl/certs/ca-certificates.crt")
NIXOS_FIX = (
    "Run `devserve ca export > devserve-ca.pem` beside configuration.nix, add the line"
    " `security.pki.certificateFiles = [ ./devserve-ca.pem ];` there, and run `sudo nixos-rebuild switch`"
)


def text_files(facts: Facts) -> tuple[Path, ...]:
    """Return the file whose text tells the distribution."""
    return (facts.root / OS_RELEASE,)


def places(facts: Facts) -> Iterator[Path]:
    """Return the paths whose existence `stores` asks about."""
    yield from (facts.root / family.anchors for family in FAMILIES)


def stores(facts: Facts, root: Root) -> tuple[Provision, ...]:
    """Return the system's store: of the first family whose folder and command are both here, or none."""
    if facts.system == "Linux" and _is_nixos(facts):
        return (_nixos(facts, root),)
    for family in FAMILIES if facts.system == "Linux" else ():
        anchors = facts.root / family.anchors
        if anchors in facts.paths and family.refresh[0] in facts.commands:
            return (_store(family, anchors / f"{root.file_name}{family.ending}", facts, root),)
    return ()


def store(place: Path, facts: Facts, root: Root) -> Provision:
    """Return the store that an anchor file belongs to. Raises TrustStoreError for a folder of no known family."""
    for family in FAMILIES:
        if place.parent == facts.root / family.anchors:
            return _store(family, place, facts, root)
    raise TrustStoreError(f"{place}: in no folder of a system's trust store that devserve knows; remove it by hand")


def _is_nixos(facts: Facts) -> bool:
    lines = facts.texts.get(facts.root / OS_RELEASE, "").splitlines()
    return any(line.replace('"', "") == "ID=nixos" for line in lines)


def _nixos(facts: Facts, root: Root) -> Provision:
    bundle = facts.root / NIXOS_BUNDLE
    return Provision(
        kind=Kind.LINUX_SYSTEM,
        title="system (NixOS)",
        place=bundle,
        sha256=root.sha256,
        evidence=root.pem.decode(),
        look_up=(ReadFile(bundle),),
        obstacle="NixOS builds this store from its configuration",
        fix=NIXOS_FIX,
    )


def _store(family: Family, place: Path, facts: Facts, root: Root) -> Provision:
    closed = place.parent in facts.read_only
    return Provision(
        kind=Kind.LINUX_SYSTEM,
        title=f"system ({family.title})",
        place=place,
        sha256=root.sha256,
        evidence=root.pem.decode(),
        install=(WriteFile(place, root.pem, needs_root=True), Run(family.refresh, needs_root=True)),
        look_up=(ReadFile(facts.root / family.bundle),),
        remove=(RemoveFile(place, needs_root=True), Run(family.refresh_after_removal, needs_root=True)),
        files=(place,),
        obstacle=f"{place.parent} is on a read-only file system" if closed else "",
        fix=(
            f"Where this image is built, put the output of `devserve ca export` into {place}"
            f" and run `{' '.join(family.refresh)}`"
        )
        if closed
        else "",
    )
