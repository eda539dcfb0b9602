"""Firefox's trust stores on Linux: an NSS database in each profile. Elsewhere it imports the system's roots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.provisions import Kind, Provision
from devserve.ca.root import Root
from devserve.ca.trust import nss

BELOW_HOME = (
    Path(".mozilla/firefox"),
    Path("snap/firefox/common/.mozilla/firefox"),
    Path("snap/firefox/common/.config/mozilla/firefox"),
    Path(".var/app/org.mozilla.firefox/.mozilla/firefox"),
    Path(".var/app/org.mozilla.firefox/config/mozilla/firefox"),
)
BELOW_CONFIG_HOME = Path("mozilla/firefox")  # since Firefox 147
PROFILE_LIST = "profiles.ini"


def profile_lists(facts: Facts) -> tuple[Path, ...]:
    """Return the files in which Firefox may list its profiles."""
    folders = (*(facts.home / folder for folder in BELOW_HOME), facts.config_home / BELOW_CONFIG_HOME)
    return tuple(folder / PROFILE_LIST for folder in folders)


def places(facts: Facts) -> Iterator[Path]:
    """Return the paths whose existence `stores` asks about: the databases of the listed profiles."""
    yield from (folder / nss.DATABASE_FILE for folder in _profiles(facts))


def stores(facts: Facts, root: Root) -> tuple[Provision, ...]:
    """Return the store of each profile that has a database."""
    if facts.system != "Linux":
        return ()
    return tuple(store(folder, facts, root) for folder in _profiles(facts) if folder / nss.DATABASE_FILE in facts.paths)


def store(folder: Path, facts: Facts, root: Root) -> Provision:
    """Return the store of the profile in a folder."""
    return nss.database(Kind.FIREFOX, f"Firefox, profile {folder.name}", folder, facts, root)


def _profiles(facts: Facts) -> list[Path]:
    found = (
        folder
        for file in profile_lists(facts)
        if file in facts.texts
        for folder in profile_folders(facts.texts[file], file.parent)
    )
    return list(dict.fromkeys(found))


def profile_folders(text: str, parent: Path) -> Iterator[Path]:
    """Return the folders that a profiles.ini names. Firefox skips lines that it does not understand; so does this."""
    for section in text.split("\n["):
        if not section.lstrip("[").startswith("Profile"):
            continue
        values = dict(line.strip().partition("=")[::2] for line in section.splitlines() if "=" in line)
        if path := values.get("Path"):
            yield parent / path if values.get("IsRelative", "1") == "1" else Path(path)
