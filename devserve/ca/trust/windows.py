"""The Windows user's root store, asked by Chrome, Edge and Firefox beside WSL2. Untried there: built as documented."""

from __future__ import annotations

from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.root import Root
from devserve.ca.steps import TYPING, RemoveFile, Run, WriteFile

CERTUTIL = "certutil.exe"
USUAL = Path("mnt/c/Windows/System32", CERTUTIL)  # sudo and some shells cut Windows' folders from PATH
KERNEL = Path("proc/sys/kernel/osrelease")
VARIABLE = "WSL_DISTRO_NAME"
STORE = Path("CurrentUser/Root")  # as PowerShell's Cert: drive calls it
HINT = "Restart the browsers of Windows."


def places(facts: Facts) -> tuple[Path, ...]:
    """Return the paths whose existence `stores` asks about."""
    return (facts.root / USUAL,)


def text_files(facts: Facts) -> tuple[Path, ...]:
    """Return the files whose text tells WSL2 from another Linux."""
    return (facts.root / KERNEL,)


def stores(facts: Facts, root: Root) -> tuple[Provision, ...]:
    """Return the Windows user's store inside WSL2, nothing elsewhere."""
    inside = VARIABLE in facts.environment or "microsoft" in facts.texts.get(facts.root / KERNEL, "").lower()
    if facts.system != "Linux" or not inside:
        return ()
    return (store(STORE, facts, root),)


def store(place: Path, facts: Facts, root: Root) -> Provision:
    """Return the steps for a store of the Windows user. Only the public certificate crosses over."""
    command = CERTUTIL if CERTUTIL in facts.commands else str(facts.root / USUAL)
    file = facts.home / f".{root.file_name}.crt"
    reachable = CERTUTIL in facts.commands or facts.root / USUAL in facts.paths
    return Provision(
        kind=Kind.WINDOWS,
        title="Windows root store",
        place=place,
        sha256=root.sha256,
        evidence=root.sha1,
        install=(
            WriteFile(file, root.pem),
            # Windows asks in a dialog of its own; it reads only paths as it spells them.
            Run(("sh", "-c", '"$0" -user -addstore Root "$(wslpath -w "$1")"', command, str(file)), timeout=TYPING),
            RemoveFile(file),
        ),
        look_up=(Run((command, "-user", "-store", "Root")),),
        remove=(Run((command, "-user", "-delstore", "Root", root.sha1), timeout=TYPING),),
        obstacle="" if reachable else f"{CERTUTIL}, which changes this store, is not found",
        fix="" if reachable else "Let WSL run Windows programs ([interop] in /etc/wsl.conf), then `devserve setup`",
        hint=HINT,
    )
