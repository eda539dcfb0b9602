from pathlib import Path

import pytest

from devserve.ca.facts import Facts
from devserve.ca.steps import MakeFolder
from devserve.ca.trust.nss import BROWSERS, PACKAGES, places, stores
from support.authority import authority

HOME = Path("/home/me")
LEGACY = HOME / ".pki/nssdb"
MODERN = HOME / ".local/share/pki/nssdb"
SNAP = HOME / "snap/chromium/current/.pki/nssdb"


def facts(*paths: Path, system: str = "Linux", commands: tuple[str, ...] = ("certutil",), data: Path | None = None):
    data_home = data or HOME / ".local/share"
    return Facts(system, HOME, HOME / ".config", data_home, frozenset(paths), frozenset(commands))


def with_database(folder: Path) -> tuple[Path, Path]:
    return folder, folder / "cert9.db"


@pytest.mark.parametrize(
    ("machine", "folders"),
    [
        (facts(), [MODERN]),
        (facts(*with_database(MODERN)), [MODERN]),
        (facts(*with_database(LEGACY)), [LEGACY]),
        (facts(*with_database(LEGACY), *with_database(MODERN)), [LEGACY]),
        (facts(LEGACY), [LEGACY]),  # Chromium 156 prefers the folder even when it is empty: tried
        (facts(data=Path("/data")), [Path("/data/pki/nssdb")]),  # and obeys XDG_DATA_HOME: tried
        (facts(*with_database(SNAP)), [MODERN, SNAP]),
        (facts(system="Darwin"), []),
    ],
)
def test_chromiums_database_is_where_chromium_looks(machine, folders):
    assert [store.place for store in stores(machine, authority().root)] == folders


@pytest.mark.parametrize(
    ("machine", "made"), [(facts(), True), (facts(LEGACY), True), (facts(*with_database(LEGACY)), False)]
)
def test_a_database_is_made_where_there_is_none_and_never_over_one(machine, made):
    [store] = stores(machine, authority().root)
    assert any(isinstance(step, MakeFolder) for step in store.install) is made
    assert any("-N" in step.describe() for step in store.install) is made


def test_the_folder_of_a_database_that_it_makes_is_noted():
    assert stores(facts(), authority().root)[0].made == (MODERN,)
    assert stores(facts(*with_database(LEGACY)), authority().root)[0].made == ()


def test_the_commands_are_certutils_with_the_certificate_on_stdin():
    root = authority().root
    [store] = stores(facts(*with_database(LEGACY)), root)
    database, name = ("certutil", "-d", f"sql:{LEGACY}"), ("-n", root.nickname)
    empty = ("-f", "/dev/null")
    assert [step.argv for step in store.install] == [(*database, "-A", "-t", "C,,", *name, "-a", *empty)]
    assert store.install[0].stdin == root.pem
    assert [step.argv for step in store.look_up] == [(*database, "-L", *empty), (*database, "-L", *name, "-a", *empty)]
    assert [step.argv for step in store.verify] == [(*database, "-V", "-u", "L", *name, *empty)]
    assert [step.argv for step in store.remove] == [(*database, "-D", *name, *empty)]


def test_nothing_needs_root():
    [store] = stores(facts(), authority().root)
    assert not any(step.needs_root for step in (*store.install, *store.look_up, *store.verify, *store.remove))


@pytest.mark.parametrize(("tool", "line"), PACKAGES.items())
def test_a_missing_certutil_names_the_package_that_brings_it(tool, line):
    [store] = stores(facts(*with_database(LEGACY), commands=(tool,)), authority().root)
    assert "certutil" in store.obstacle
    assert line in store.fix
    assert "`devserve setup`" in store.fix


@pytest.mark.parametrize(
    ("machine", "wanted"),
    [
        (facts(commands=()), False),
        (facts(*with_database(LEGACY), commands=()), True),
        *((facts(commands=(browser,)), True) for browser in BROWSERS),
    ],
)
def test_certutil_is_missed_only_where_there_is_a_browser(machine, wanted):
    [store] = stores(machine, authority().root)
    assert store.obstacle
    assert store.wanted is wanted


def test_both_the_folder_and_its_database_are_asked_about():
    assert {LEGACY, LEGACY / "cert9.db", MODERN / "cert9.db", SNAP / "cert9.db"} <= set(places(facts()))
