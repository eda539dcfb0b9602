"""Chromium's and Chrome's trust store on Linux: the user's NSS database, changed with certutil."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.root import Root
from devserve.ca.steps import MakeFolder, Run, Step

CERTUTIL = "certutil"
DATABASE_FILE = "cert9.db"
LEGACY = Path(".pki/nssdb")  # below the home; Chromium prefers it wherever it exists
MODERN = Path("pki/nssdb")  # below XDG_DATA_HOME; Chromium's own since M146, like NSS's since 3.42
CONFINED = (  # browsers with a home of their own, each with both forms below it
    *(Path("snap", name, "current") for name in ("chromium", "brave")),
    *(
        Path(".var/app", name)
        for name in ("org.chromium.Chromium", "com.google.Chrome", "com.brave.Browser", "com.microsoft.Edge")
    ),
)
CONFINED_FORMS = (LEGACY, Path(".local/share", MODERN), Path("data", MODERN))
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "brave-browser",
    "microsoft-edge",
    "vivaldi",
)
PACKAGES = {  # who brings certutil, by the command that installs packages
    "apt": "sudo apt install libnss3-tools",
    "apt-get": "sudo apt-get install libnss3-tools",
    "dnf": "sudo dnf install nss-tools",
    "zypper": "sudo zypper install mozilla-nss-tools",
    "pacman": "sudo pacman -S nss",
    "apk": "sudo apk add nss-tools",
}
PASSWORD = ("-f", "/dev/null")  # an empty password: a database that has one fails at once instead of asking
# Without certificates (the heading alone has a comma) and without keys: nobody has used it since it was made.
DISCARD = (
    'test "$(certutil -L -d "sql:$0" | grep -c ,)" -gt 1 || certutil -K -d "sql:$0" -f /dev/null'
    ' || { rm -f -- "$0/cert9.db" "$0/key4.db" "$0/pkcs11.txt"; rmdir -- "$0" "${0%/*}"; true; }'
)
HINT = "Restart the browser: it reads its trust store when it starts."


def places(facts: Facts) -> Iterator[Path]:
    """Return the paths whose existence `stores` asks about."""
    for folder in (*_own(facts), *_confined(facts)):
        yield folder
        yield folder / DATABASE_FILE


def stores(facts: Facts, root: Root) -> tuple[Provision, ...]:
    """Return each database that exists, or the one to create when the user has none."""
    if facts.system != "Linux":
        return ()
    legacy, modern = _own(facts)
    own = legacy if legacy in facts.paths else modern
    confined = [folder for folder in _confined(facts) if folder / DATABASE_FILE in facts.paths]
    return tuple(store(folder, facts, root) for folder in (own, *confined))


def store(folder: Path, facts: Facts, root: Root) -> Provision:
    """Return the Chromium store in a folder."""
    return database(Kind.CHROMIUM, "Chromium and Chrome", folder, facts, root)


def database(kind: Kind, title: str, folder: Path, facts: Facts, root: Root) -> Provision:
    """Return the steps for an NSS database, which is created where the folder has none."""
    exists = folder / DATABASE_FILE in facts.paths
    obstacle, fix = _obstacle(facts)
    creation: tuple[Step, ...] = () if exists else (MakeFolder(folder), _certutil(folder, "-N", "--empty-password"))
    named = ("-n", root.nickname)
    trust = Run(
        (CERTUTIL, "-d", f"sql:{folder}", "-A", "-t", "C,,", *named, "-a", *PASSWORD),
        stdin=root.pem,
        stdin_name="the CA's certificate",
    )
    return Provision(
        kind=kind,
        title=title,
        place=folder,
        sha256=root.sha256,
        evidence=root.pem.decode(),
        install=(*creation, trust),
        look_up=(_certutil(folder, "-L"), _certutil(folder, "-L", *named, "-a")),
        verify=(_certutil(folder, "-V", "-u", "L", *named),),
        remove=(_certutil(folder, "-D", *named),),
        made=() if exists else (folder,),
        obstacle=obstacle,
        fix=fix,
        wanted=exists or any(browser in facts.commands for browser in BROWSERS),
        hint=HINT,
    )


def discard(folder: Path) -> Run:
    """Return the command that removes a database that setup made, if nobody has put anything into it since."""
    return Run(("sh", "-c", DISCARD, str(folder)))


def _certutil(folder: Path, *arguments: str) -> Run:
    return Run((CERTUTIL, "-d", f"sql:{folder}", *arguments, *PASSWORD))


def _obstacle(facts: Facts) -> tuple[str, str]:
    if CERTUTIL in facts.commands:
        return "", ""
    install = next((line for tool, line in PACKAGES.items() if tool in facts.commands), "install NSS's tools")
    return "certutil, which changes this store, is not installed", f"Run `{install}`, then `devserve setup`"


def _own(facts: Facts) -> tuple[Path, Path]:
    return facts.home / LEGACY, facts.data_home / MODERN


def _confined(facts: Facts) -> Iterator[Path]:
    for home in CONFINED:
        yield from (facts.home / home / form for form in CONFINED_FORMS)
