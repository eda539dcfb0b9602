"""After `devserve setup` everything on this machine accepts a service's URL; after `teardown` nothing does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Error

from support.browser_drive import chromium
from support.browser_find import find_browser, lacking
from support.certificates import need
from support.fleet_home import DEVSERVE, Home, new_home, repository
from support.fleet_running import free_port, running
from support.private_system import System, plain_environment, private_system
from support.trust_clients import BY_THE_SYSTEM, Clients
from support.trust_machine import certutil

HOST = "web.trust.localhost"
CONFIGURATION = f"""
[project]
domain = "trust.localhost"
organization = "Trust Ltd"
[services.web]
command = ["{sys.executable}", "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]
cwd = "pages"
"""
PROFILES = {
    ".mozilla/firefox": "old.default",
    ".config/mozilla/firefox": "since-147.default",
    "snap/firefox/common/.mozilla/firefox": "snap.default",
    ".var/app/org.mozilla.firefox/.mozilla/firefox": "flatpak.default",
}
CHROMIUM = Path(".local/share/pki/nssdb")
EVERYBODY = [*BY_THE_SYSTEM, *PROFILES.values(), "Chromium's database", "Chromium"]


@dataclass
class Verdicts:
    """What each client said: nothing, or its complaint, before setup, after it and after teardown."""

    before: dict[str, str] = field(default_factory=dict)
    trusting: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    files: list[dict[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def pages(root: Path) -> None:
    """Write what the service serves: a page, and a repository for git."""
    (root / "pages").mkdir()
    (root / "pages/index.html").write_text("<h1>Hello</h1>")
    subprocess.run([need("git", "git"), "init", "-q", "--bare", root / "pages/repository.git"], check=True)
    subprocess.run(["git", "update-server-info"], cwd=root / "pages/repository.git", check=True)


def firefox(home: Path) -> dict[str, Path]:
    """Make a profile in each place where Firefox may keep some; return the folders."""
    for place, name in PROFILES.items():
        (home / place / name).mkdir(parents=True)
        (home / place / "profiles.ini").write_text(f"[Profile0]\nName=default\nIsRelative=1\nPath={name}\n")
        certutil(home / place / name, "-N", "--empty-password")
    return {name: home / place / name for place, name in PROFILES.items()}


def browser_says(home: Home, url: str) -> str:
    """Return nothing when Chromium shows the page, or else its complaint."""
    browser = find_browser()
    assert browser is not None
    with chromium(browser, home) as context:
        page = context.new_page()
        try:
            answer = page.goto(url)
        except Error as error:
            return str(error)
        return "" if answer and answer.ok else "no answer"


def ask_all(clients: Clients, profiles: dict[str, Path], *, with_database: bool) -> dict[str, str]:
    verdicts = {name: client(clients) for name, client in BY_THE_SYSTEM.items()}
    verdicts |= {name: clients.nss(folder) for name, folder in profiles.items()}
    if with_database:
        verdicts["Chromium's database"] = clients.nss(clients.home.path / CHROMIUM)
    if not lacking():
        verdicts["Chromium"] = browser_says(clients.home, clients.url)
    return verdicts


def command(system: System, home: Home, root: Path, *arguments: str) -> str:
    environment = {**plain_environment(home), **home.extra, "DEVSERVE_HOME": str(home.state)}
    environment["DEVSERVE_SYSTEM_ROOT"] = "/"  # of the namespace
    done = system.run([DEVSERVE, *arguments], root, environment)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """Set up and tear down once, and ask everybody before, between and after."""
    need("certutil", "libnss3-tools")
    folder = tmp_path_factory.mktemp("trust")
    home, root, port = new_home(folder), repository(folder, CONFIGURATION), free_port()
    pages(root)
    profiles = firefox(home.path)
    seen = Verdicts()
    (folder / "system").mkdir()
    with (
        private_system(folder / "system", [HOST]) as system,
        running(home, "--https-port", str(port), "--http-port", "0", cwd=root) as devserve,
    ):
        devserve.wait_ready("web")
        clients = Clients(system, home, folder, f"https://{HOST}:{port}/")
        # Whatever waits to be refreshed on this machine is no work of ours.
        system.run(["/usr/sbin/update-ca-certificates", "--fresh"], folder, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        seen.files.append(system.files())
        seen.before = ask_all(clients, profiles, with_database=False)
        seen.said.append(command(system, home, root, "setup", "--dry-run"))
        seen.files.append(system.files())
        seen.said.append(command(system, home, root, "setup", "--yes"))
        seen.trusting = ask_all(clients, profiles, with_database=True)
        seen.said.append(command(system, home, root, "teardown", "--yes"))
        seen.after = ask_all(clients, profiles, with_database=False)
        seen.files.append(system.files())
    return seen


@pytest.mark.parametrize("client", EVERYBODY)
def test_it_accepts_the_page_after_setup(verdicts: Verdicts, client: str) -> None:
    if client == "Chromium" and lacking():
        pytest.skip(lacking())
    assert verdicts.trusting[client] == ""


@pytest.mark.parametrize("client", [client for client in EVERYBODY if client != "Chromium's database"])
def test_it_refuses_the_page_before_setup_and_after_teardown(verdicts: Verdicts, client: str) -> None:
    if client == "Chromium" and lacking():
        pytest.skip(lacking())
    assert verdicts.before[client]
    assert verdicts.after[client]


def test_the_systems_files_are_afterwards_as_they_were(verdicts: Verdicts) -> None:
    before, dry, after = verdicts.files
    assert dry == before
    assert after == before


def test_a_dry_run_shows_what_setup_then_shows(verdicts: Verdicts) -> None:
    dry, real, _ = verdicts.said
    for line in ("update-ca-certificates", "certutil -d", "+ -----BEGIN CERTIFICATE-----"):
        assert line in dry
        assert line in real
