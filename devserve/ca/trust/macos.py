"""The System keychain of macOS, which Safari, Chrome and Firefox ask. Untried on a Mac: built as documented."""

from __future__ import annotations

from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.root import Root
from devserve.ca.steps import TYPING, RemoveFile, Run, WriteFile

KEYCHAIN = Path("Library/Keychains/System.keychain")
SECURITY = "security"
POLICIES = ("-p", "ssl", "-p", "basic")  # Node's --use-system-ca wants both


def places(facts: Facts) -> tuple[Path, ...]:
    """Return the paths whose existence `stores` asks about."""
    return (facts.root / KEYCHAIN,)


def stores(facts: Facts, root: Root) -> tuple[Provision, ...]:
    """Return the System keychain on macOS, nothing elsewhere."""
    if facts.system != "Darwin" or facts.root / KEYCHAIN not in facts.paths:
        return ()
    return (store(facts.root / KEYCHAIN, facts, root),)


def store(place: Path, facts: Facts, root: Root) -> Provision:
    """Return the steps for a keychain. security reads only files: one exists for a moment."""
    file = facts.home / f".{root.file_name}.pem"
    there, gone = WriteFile(file, root.pem), RemoveFile(file)
    return Provision(
        kind=Kind.MACOS,
        title="macOS System keychain",
        place=place,
        sha256=root.sha256,
        evidence=root.pem.decode(),
        install=(
            there,
            # macOS may ask in a dialog of its own besides sudo: time to type.
            _as_admin("add-trusted-cert", "-d", "-r", "trustRoot", *POLICIES, "-k", str(place), str(file)),
            gone,
        ),
        look_up=(Run((SECURITY, "find-certificate", "-a", "-p", str(place))),),
        verify=(there, Run((SECURITY, "verify-cert", "-c", str(file), "-L", "-p", "ssl")), gone),
        remove=(
            there,
            # Trust first: deletion alone leaves the setting, removal of trust alone leaves the certificate.
            _as_admin("remove-trusted-cert", "-d", str(file)),
            _as_admin("delete-certificate", "-Z", root.sha256.upper(), "-t", str(place)),
            gone,
        ),
        obstacle="" if SECURITY in facts.commands else "the command security is not there",
    )


def _as_admin(*arguments: str) -> Run:
    return Run((SECURITY, *arguments), needs_root=True, timeout=TYPING)
