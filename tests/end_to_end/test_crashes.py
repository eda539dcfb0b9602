"""A kill, a full disk or a failing one, at each system call of a command: what it writes is whole or absent."""

from __future__ import annotations

import signal
import stat
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devserve.ca.authority import Subject
from devserve.errors import DevserveError
from devserve.io.ca import authority as authorities
from devserve.io.ca import bundle, ledger
from devserve.io.config import allowed
from support.certificates import need
from support.crashes import DEATHS, Crash, Point, die, points
from support.fleet_home import DEVSERVE, Home, new_home

FIRST_RUN = ("env", "--json")
SETUP = ("setup", "--yes", "--store", "nss")
ALLOW = ("allow", "--yes")
DATABASE = Path(".local/share/pki/nssdb")
AT_ONCE = 2
FEW = 8  # crashes in the ordinary run: a spread over all of them
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def crashes(found: Sequence[Point], most: int) -> list[Crash]:
    """Return all crashes, or so many spread over them."""
    each = [Crash(point, death) for point in found for death in DEATHS]
    step = max(1, len(each) // most)
    # A step that shares no factor with the number of deaths meets all kinds of them.
    return each[:: step + (step % len(DEATHS) == 0)]


def exposed(home: Home) -> list[str]:
    """Return the files with a key that others may read."""
    return [
        str(path)
        for path in home.path.rglob("*")
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes() and path.stat().st_mode & OTHERS
    ]


def after_first_run(folder: Path, crash: Crash) -> str:
    """Return what is wrong after a crash of a first run, and after the next run."""
    folder.mkdir()
    home = new_home(folder)
    died = die(home, FIRST_RUN, folder, crash)
    if crash.death == "signal=KILL" and died.returncode != -signal.SIGKILL:
        return f"{crash}: it lived"
    if "Traceback" in died.stderr:
        return f"{crash}: {died.stderr}"
    if died.returncode == 1 and not died.stderr.rstrip().endswith((".", "`")):
        return f"{crash}: no sentence: {died.stderr}"
    try:
        before = authorities.load(home.state)
    except DevserveError as error:
        return f"{crash}: half a CA: {error}"
    if found := exposed(home):
        return f"{crash}: readable by others: {found}"
    home.state.mkdir(mode=0o700, exist_ok=True)
    after, created = authorities.open_or_create(home.state, Subject("", "a", "b"), ["localhost"], datetime.now(UTC))
    bundle.refresh(home.state, after)
    if before is not None and (created or after.fingerprint != before.fingerprint):
        return f"{crash}: a second CA"
    left = [path.name for path in home.state.rglob("*") if path.name.endswith(".new")]
    keys = [path for path in home.state.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    return "" if not left and len(keys) == 1 else f"{crash}: left behind: {left} {keys}"


def after_setup(folder: Path, crash: Crash) -> str:
    """Return what is wrong after a crash of setup, and after teardown."""
    folder.mkdir()
    home = new_home(folder)
    died = die(home, SETUP, folder, crash)
    if crash.death == "signal=KILL" and died.returncode != -signal.SIGKILL:
        return f"{crash}: it lived"
    if "Traceback" in died.stderr:
        return f"{crash}: {died.stderr}"
    if (home.path / DATABASE / "cert9.db").exists() and not ledger.read(home.state).entries:
        return f"{crash}: something was done before it was written down"
    undone = home.devserve("teardown", "--yes", cwd=folder)
    if undone.returncode != 0 or "Traceback" in undone.stderr:
        return f"{crash}: teardown failed: {undone.stderr}"
    left = [str(path) for path in home.path.rglob("*") if path.suffix in {".db", ".txt"}]
    return f"{crash}: left behind: {left} {undone.stderr}" if left else ""


def after_allow(folder: Path, crash: Crash) -> str:
    """Return what is wrong after a crash of allow, and after the next one."""
    folder.mkdir()
    home, file = new_home(folder), folder.parent / "devserve.toml"
    died = die(home, ALLOW, folder, crash)
    if crash.death == "signal=KILL" and died.returncode != -signal.SIGKILL:
        return f"{crash}: it lived"
    if "Traceback" in died.stderr:
        return f"{crash}: {died.stderr}"
    try:
        found = allowed.read(home.state, file)
    except DevserveError as error:
        return f"{crash}: half a record: {error}"
    if died.returncode == 0 and found is None:
        return f"{crash}: it lied"
    again = home.devserve(*ALLOW, cwd=folder)
    left = [path.name for path in home.state.rglob("*") if path.name.endswith(".new")]
    if again.returncode != 0 or allowed.read(home.state, file) is None:
        return f"{crash}: it cannot be allowed any more: {again.stderr}"
    return f"{crash}: left behind: {left}" if left and found is None else ""


def complaints(check: Callable[[Path, Crash], str], found: Sequence[Crash], folder: Path) -> list[str]:
    """Return what is wrong after any of the crashes."""
    with ThreadPoolExecutor(AT_ONCE) as workers:
        said = workers.map(lambda each: check(folder / str(each[0]), each[1]), enumerate(found))
        return [each for each in said if each]


def undisturbed(folder: Path, command: Sequence[str]) -> list[Point]:
    (folder / "undisturbed").mkdir()
    return points(new_home(folder / "undisturbed"), command, folder)


HOW_MANY = [
    pytest.param(FEW, id="a spread"),
    pytest.param(10_000, id="all", marks=[pytest.mark.long, pytest.mark.timeout(600)]),
]


@pytest.mark.parametrize("most", HOW_MANY)
def test_a_first_run_that_dies_leaves_a_whole_ca_or_none(tmp_path: Path, most: int) -> None:
    found = undisturbed(tmp_path, FIRST_RUN)
    assert {"mkdir", "openat", "write", "fsync", "rename"} <= {point.name for point in found}
    assert complaints(after_first_run, crashes(found, most), tmp_path) == []


@pytest.mark.parametrize("most", HOW_MANY)
def test_a_setup_that_dies_can_be_torn_down(tmp_path: Path, most: int) -> None:
    need("certutil", "libnss3-tools")
    found = undisturbed(tmp_path, SETUP)
    assert any("ledger" in point.line for point in found)
    assert complaints(after_setup, crashes(found, most), tmp_path) == []


@pytest.mark.parametrize("most", HOW_MANY)
def test_what_was_being_allowed_is_allowed_or_not(tmp_path: Path, most: int) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "devserve.toml").write_text('[services.web]\ncommand = "npm start"\n')
    found = undisturbed(repository, ALLOW)
    assert {"mkdir", "openat", "write", "fsync", "rename"} <= {point.name for point in found}
    assert complaints(after_allow, crashes(found, most), repository) == []


def test_a_key_is_its_owners_alone_from_the_first_call_on(tmp_path: Path) -> None:
    made = [
        point.line for point in undisturbed(tmp_path, FIRST_RUN) if point.name == "openat" and "/private/" in point.line
    ]
    assert made
    assert all(", 0600)" in line for line in made)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_fifty_first_runs_at_one_moment_make_one_ca(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    runs = [
        subprocess.Popen(
            [DEVSERVE, *FIRST_RUN],
            cwd=tmp_path,
            env=home.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(50)
    ]
    said = [run.communicate(timeout=250) for run in runs]
    assert [run.returncode for run in runs] == [0] * 50
    assert sum("was created" in complaint for _, complaint in said) == 1
    assert len({out for out, _ in said}) == 1
    keys = [path for path in home.state.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert [key.name for key in keys] == ["ca.pem"]
