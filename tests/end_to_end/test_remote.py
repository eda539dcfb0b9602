"""A shared environment behind a local name: log in there, and the browser never leaves the name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser_drive import chromium, watched
from support.browser_find import need_browser
from support.fleet_client import Answer, ask
from support.fleet_home import new_home
from support.fleet_running import free_port, running
from support.fleet_stage import export_ca
from support.hosts import USUAL, mounted
from support.staging import HOST, Staging, staging

pytestmark = pytest.mark.browser

CONFIGURATION = """
[project]
domain = "shop.localhost"

[services.contacts]
upstream = "{origin}"
upstream_tls = {{ ca = "{ca}" }}
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    """The shared environment."""
    with staging(tmp_path_factory.mktemp("staging")) as there:
        yield there


@pytest.fixture(scope="module")
def folder(shared: Staging, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that leads to it."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "devserve.toml").write_text(CONFIGURATION.format(origin=shared.origin, ca=shared.ca))
    return folder


@pytest.fixture(scope="module")
def local(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Page]]:
    """Its local address, what vouches for that, and a page of a browser that trusts it."""
    home = new_home(tmp_path_factory.mktemp("user"))
    hosts = home.path / "hosts"
    hosts.write_bytes(USUAL + f"127.0.0.1 {HOST}\n".encode())
    setup = home.devserve("setup", "--yes", "--store", "nss", cwd=folder)
    assert setup.returncode == 0, setup.stderr
    url = f"https://contacts.shop.localhost:{(port := free_port())}"
    arguments = ("--https-port", str(port), "--http-port", "0", folder)
    with (
        running(home, *arguments, cwd=folder, wrapper=mounted(f"mount --bind '{hosts}' /etc/hosts")) as devserve,
        chromium(need_browser(), home) as context,
    ):
        devserve.wait_for(lambda: " remote" in devserve.output, "the table")
        yield url, export_ca(home, folder), context.new_page()


def test_a_login_at_the_remote_keeps_the_browser_on_the_local_name(local: tuple[str, Path, Page]) -> None:
    url, _, page = local
    seen = watched(page)
    page.goto(f"{url}/")
    assert page.url == f"{url}/login"
    page.get_by_role("button").click()
    expect(page.get_by_role("heading")).to_have_text("Hello Ada")
    assert page.url == f"{url}/"
    expect(page.locator("#said")).to_have_text("hello")
    expect(page.locator("#posted")).to_contain_text("posted by https://contacts.staging.test:")
    assert [each for each in seen.statuses if HOST in each[1]] == []
    assert {(cookie["name"], cookie["domain"]) for cookie in page.context.cookies()} == {
        ("session", "contacts.shop.localhost"),
        ("__Host-guard", "contacts.shop.localhost"),
    }


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/", "Location", "{url}/login"),
        ("/cors", "Access-Control-Allow-Origin", "{url}"),
        ("/cors", "Strict-Transport-Security", None),
    ],
)
def test_its_answers_name_the_local_origin(
    local: tuple[str, Path, Page], path: str, field: str, value: str | None
) -> None:
    url, ca, _ = local
    answer: Answer = ask(f"{url}{path}", ca)
    assert answer.headers[field] == (value and value.format(url=url))
