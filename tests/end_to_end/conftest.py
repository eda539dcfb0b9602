"""The stages of the end-to-end tests: the example fleet in a folder of its own, served as a user would serve it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from support.browser_drive import chromium
from support.browser_find import need_browser
from support.fleet_home import Home, copy_of_fleet, new_home
from support.fleet_running import free_port, running
from support.fleet_stage import FLEET, Stage, export_ca


@pytest.fixture(scope="module")
def fleet_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which devserve never ran."""
    return new_home(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="module")
def fleet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example fleet."""
    return copy_of_fleet(tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def stage(fleet_home: Home, fleet_folder: Path) -> Iterator[Stage]:
    """The fleet, ready."""
    https_port, http_port = free_port(), free_port()
    ports = ("--https-port", str(https_port), "--http-port", str(http_port))
    with running(fleet_home, *ports, fleet_folder, cwd=fleet_folder.parent) as devserve:
        devserve.wait_ready(*FLEET)
        ca = export_ca(fleet_home, fleet_folder)
        yield Stage(fleet_home, fleet_folder, devserve, https_port, http_port, ca)


@pytest.fixture(scope="module")
def trusting_home(fleet_home: Home, fleet_folder: Path) -> Home:
    """The home after `devserve setup`, restricted to the browsers' database: tests leave the system's store alone."""
    need_browser()
    setup = fleet_home.devserve("setup", "--yes", "--store", "nss", cwd=fleet_folder)
    assert setup.returncode == 0, setup.stderr
    return fleet_home


@pytest.fixture(scope="module")
def browser(trusting_home: Home) -> Iterator[BrowserContext]:
    """Chromium, trusting what the home trusts."""
    with chromium(need_browser(), trusting_home) as context:
        yield context


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """An empty page."""
    page = browser.new_page()
    yield page
    page.close()
