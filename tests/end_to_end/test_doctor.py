"""`devserve doctor` against this machine's own clients: before setup, after it, and after teardown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from devserve.ca.leaf import mint
from devserve.io.doctor.handshakes import listener
from support.authority import authority
from support.browser_find import need_browser
from support.certificates import NOW, need
from support.fleet_home import BIN, Home, copy_of_fleet, new_home
from support.fleet_running import free_port
from support.fleet_stage import Stage
from support.trust_machine import PROFILES, certutil

SCRIPTED = ("curl", "git", "node", "python3")
NEEDED_BY_BROWSERS = ("sh", "uname", "cat", "grep", "sed", "basename", "dirname", "readlink", "mktemp", "ls", "getconf")
PROFILE = Path(".mozilla/firefox/abc.default")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a profile of Firefox, in which devserve never ran."""
    need("certutil", "libnss3-tools")
    home = new_home(tmp_path)
    (home.path / PROFILE).mkdir(parents=True)
    (home.path / PROFILE.parent / "profiles.ini").write_text(PROFILES)
    certutil(home.path / PROFILE, "-N", "--empty-password")
    return home


def with_only(home: Home, folder: Path, *commands: str) -> Home:
    """Return the home of a machine that has only these commands, as far as this one has them."""
    folder.mkdir()
    for command in commands:
        path = shutil.which(command)
        if path is not None:
            (folder / command).symlink_to(path)
    return Home(home.path, {**home.extra, "PATH": f"{BIN}:{folder}"})


def findings(home: Home, folder: Path, *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Return the exit status of doctor and its findings by their subjects."""
    done = home.devserve("doctor", "--json", *arguments, cwd=folder)
    assert done.stdout, done.stderr
    return done.returncode, {each["subject"]: each for each in json.loads(done.stdout)["findings"]}


def verdicts(found: dict[str, dict[str, str]], *subjects: str) -> dict[str, str]:
    """Return the verdicts of those subjects that are on this machine."""
    return {subject: found[subject]["verdict"] for subject in subjects if subject in found}


@pytest.mark.browser
def test_every_client_is_measured_before_setup_after_it_and_after_teardown(home: Home, tmp_path: Path) -> None:
    browser = Path(need_browser()).name
    fleet = copy_of_fleet(tmp_path)
    home = with_only(home, tmp_path / "bin", browser, "certutil", *SCRIPTED, *NEEDED_BY_BROWSERS)
    ports = ("--https-port", str(free_port()), "--http-port", "0")
    home.devserve("env", cwd=fleet)
    stores = ("Chromium and Chrome", "Firefox, profile abc.default", browser)
    status, before = findings(home, fleet, *ports)
    assert status == 1
    assert set(verdicts(before, *stores).values()) == {"broken"}
    assert home.devserve("setup", "--yes", "--store", "nss", cwd=fleet).returncode == 0
    _, after = findings(home, fleet, *ports)
    assert set(verdicts(after, *stores).values()) == {"good"}
    scripted = verdicts(after, *SCRIPTED)
    assert set(scripted) == {name for name in SCRIPTED if shutil.which(name)}
    assert set(scripted.values()) == {"note"}  # their stores were left alone; the variables convince them
    assert home.devserve("teardown", "--yes", cwd=fleet).returncode == 0
    home.devserve("env", cwd=fleet)  # teardown took the CA as well: this makes another that nobody trusts
    assert set(verdicts(findings(home, fleet, *ports)[1], *stores).values()) == {"broken"}


def test_exec_convinces_every_client_that_variables_can(home: Home, tmp_path: Path) -> None:
    fleet = copy_of_fleet(tmp_path)
    home = with_only(home, tmp_path / "bin", *SCRIPTED)
    ran = home.devserve("exec", "--", "devserve", "doctor", "--json", "--http-port", "0", cwd=fleet)
    found = {each["subject"]: each["verdict"] for each in json.loads(ran.stdout)["findings"]}
    scripted = {name: found[name] for name in SCRIPTED if name in found}
    assert set(scripted.values()) == {"good"}


def test_a_running_devserve_is_what_clients_are_asked_about(stage: Stage, tmp_path: Path) -> None:
    home = with_only(stage.home, tmp_path / "bin", "curl")
    port = f"port {stage.https_port}"
    _, found = findings(home, stage.folder, "--https-port", str(stage.https_port), "--http-port", "0")
    assert found[port]["said"] == "held by a running devserve of yours"
    _, page = findings(home, stage.folder, stage.url("web"))
    assert page["web.fleet.localhost"]["verdict"] == "good"
    assert "curl" in page


def test_a_red_page_is_explained_by_what_is_responsible(stage: Stage) -> None:
    status, unknown = findings(stage.home, stage.folder, stage.url("nobody"))
    assert (status, unknown["server name"]["verdict"]) == (1, "broken")
    with listener(mint(authority(), "web.localhost", NOW)) as target:
        _, found = findings(stage.home, stage.folder, f"https://web.localhost:{target.port}/")
    assert found["issuer"]["verdict"] == "broken"
    assert "browsers say ERR_CERT_AUTHORITY_INVALID" in found["issuer"]["said"]
