from pathlib import Path

import pytest

from devserve.ca.facts import Facts
from devserve.ca.trust.firefox import places, profile_folders, profile_lists, stores
from support.authority import authority

HOME = Path("/home/me")
PROFILES = "[Install4F96D1932A9F858E]\nDefault=a.default\n\n[Profile0]\nName=default\nIsRelative=1\nPath=a.default\n"
FOLDERS = {
    "old": HOME / ".mozilla/firefox",
    "since 147": HOME / ".config/mozilla/firefox",
    "snap": HOME / "snap/firefox/common/.mozilla/firefox",
    "snap since 147": HOME / "snap/firefox/common/.config/mozilla/firefox",
    "flatpak": HOME / ".var/app/org.mozilla.firefox/.mozilla/firefox",
    "flatpak since 147": HOME / ".var/app/org.mozilla.firefox/config/mozilla/firefox",
}


def facts(texts: dict[Path, str], *paths: Path, system: str = "Linux") -> Facts:
    commands = frozenset({"certutil"})
    return Facts(system, HOME, HOME / ".config", HOME / ".local/share", frozenset(paths), commands, texts)


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_a_profile_is_found_wherever_firefox_keeps_it(folder):
    machine = facts({folder / "profiles.ini": PROFILES}, folder / "a.default/cert9.db")
    [store] = stores(machine, authority().root)
    assert store.place == folder / "a.default"
    assert f"sql:{folder / 'a.default'}" in store.install[-1].argv


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        (PROFILES, ["/p/a.default"]),
        ("[Profile0]\nPath=/elsewhere/mine\nIsRelative=0\n", ["/elsewhere/mine"]),
        ("[Profile0]\r\nIsRelative=1\r\nPath=Profiles/a b.c\r\n", ["/p/Profiles/a b.c"]),
        ("[Profile1]\nPath=a=b\n[Profile0]\nPath=c\n", ["/p/a=b", "/p/c"]),
        ("[General]\nPath=no\n[BackgroundTasksProfiles]\nPath=no\n", []),
        ("[Profile0]\nName=no path\n", []),
        ("not an ini\n= =\n[[[\n", []),
        ("", []),
    ],
)
def test_profiles_are_read_as_firefox_reads_them(text, folders):
    assert [str(folder) for folder in profile_folders(text, Path("/p"))] == folders


def test_a_profile_without_a_database_makes_no_noise():
    assert stores(facts({FOLDERS["old"] / "profiles.ini": PROFILES}), authority().root) == ()


def test_a_profile_that_two_lists_name_is_one_store():
    shared = "[Profile0]\nPath=/profiles/mine\nIsRelative=0\n"
    texts = {FOLDERS["old"] / "profiles.ini": shared, FOLDERS["since 147"] / "profiles.ini": shared}
    assert len(stores(facts(texts, Path("/profiles/mine/cert9.db")), authority().root)) == 1


def test_elsewhere_firefox_imports_the_systems_roots():
    machine = facts({FOLDERS["old"] / "profiles.ini": PROFILES}, FOLDERS["old"] / "a.default/cert9.db", system="Darwin")
    assert stores(machine, authority().root) == ()


def test_the_databases_of_listed_profiles_are_asked_about():
    assert list(places(facts({FOLDERS["old"] / "profiles.ini": PROFILES}))) == [FOLDERS["old"] / "a.default/cert9.db"]
    assert {folder / "profiles.ini" for folder in FOLDERS.values()} == set(profile_lists(facts({})))
