"""A real Vite behind devserve: its hot updates pass, its pages get no second client, its refusals are explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser_drive import chromium, watched
from support.browser_find import need_browser
from support.fleet_client import ask
from support.fleet_home import Home, new_home
from support.fleet_running import Running, free_port, may_bind, turn_at
from support.fleet_stage import export_ca
from support.node_stage import repository_with_packages, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PAGE = """<!doctype html><html><head><title>vite</title></head>
<body><h1 id="word"></h1><script type="module" src="/main.js"></script></body></html>"""
MAIN = """import {word} from "./word.js";
const show = (text) => { document.getElementById("word").textContent = text; };
show(word);
import.meta.hot.accept("./word.js", (fresh) => show(fresh.word));
"""
CONFIGURATION = """
[project]
domain = "example.test"

[services.app]
host = "app.localhost"
command = "npm run dev"
port = {port}

[services.elsewhere]
host = "elsewhere.shop.localhost"
port = {port}

[services.told]
host = "told.shop.localhost"
port = {port}
livereload.inject = true

[services.strange]
port = {other}
needs = ["stranger"]

[services.stranger]
command = "npm run dev -- --port {other}"
env = {{ __VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS = "" }}
port = {other}

[services.known]
aliases = ["also.example.test"]
command = "npm run dev"
"""


@pytest.fixture(scope="module")
def vite_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose CA may sign names that Vite does not know."""
    need_browser()
    return new_home(tmp_path_factory.mktemp("user"))


@pytest.fixture
def page(vite_home: Home, vite: object) -> Iterator[Page]:
    """An empty page of a browser that trusts that CA."""
    with chromium(need_browser(), vite_home, domain="example.test") as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def vite(vite_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Running, str, Path]]:
    root = repository_with_packages(tmp_path_factory.mktemp("vite"))
    scripts = {"dev": "vite --host 127.0.0.1 --port $PORT --strictPort"}
    files = {
        "package.json": json.dumps({"scripts": scripts}), "index.html": PAGE, "main.js": MAIN,
        "word.js": 'export const word = "one";\n',
        "devserve.toml": CONFIGURATION.format(port=free_port(), other=free_port()),
    }  # fmt: skip
    for name, text in files.items():
        (root / name).write_text(text)
    setup = vite_home.devserve("setup", "--yes", "--store", "nss", cwd=root)
    assert setup.returncode == 0, setup.stderr
    with turn_at(443):
        port = 443 if may_bind(443) else free_port()
        with served(vite_home, root, "app", "known", "stranger", port=port) as (devserve, port):
            yield root, devserve, "" if port == 443 else f":{port}", export_ca(vite_home, root)


def test_an_edited_module_is_updated_hot_through_the_proxy(vite: tuple[Path, Running, str, Path], page: Page) -> None:
    root, _, at, _ = vite
    seen = watched(page)
    page.goto(f"https://app.localhost{at}/")
    expect(page.locator("#word")).to_have_text("one")
    seen.until(lambda: any(url.startswith(f"wss://app.localhost{at}/") for url in seen.sockets), "Vite's socket")
    page.evaluate("window.marked = true")
    written = root / "word.js.new"
    written.write_text('export const word = "two";\n')
    written.replace(root / "word.js")  # Vite may read a file that is half written
    expect(page.locator("#word")).to_have_text("two")
    assert page.evaluate("window.marked") is True
    assert page.evaluate("'LiveReload' in window") is False


def test_a_page_of_a_hot_client_gets_the_script_only_when_told_to(vite: tuple[Path, Running, str, Path]) -> None:
    _, _, at, ca = vite
    assert "livereload.js" not in ask(f"https://app.localhost{at}/", ca, Accept="text/html").text
    elsewhere = ask(f"https://elsewhere.shop.localhost{at}/", ca, Accept="text/html")
    assert "livereload.js" not in elsewhere.text
    assert elsewhere.headers["X-Devserve"].startswith("not injected")
    assert "livereload.js" in ask(f"https://told.shop.localhost{at}/", ca, Accept="text/html").text


def test_a_host_that_vite_refuses_is_answered_with_its_setting(vite: tuple[Path, Running, str, Path]) -> None:
    _, devserve, at, ca = vite
    answer = ask(f"https://strange.example.test{at}/", ca, Accept="text/html")
    assert answer.status == 403
    assert "Vite refuses the host strange.example.test" in answer.text
    assert "server: { allowedHosts: [&quot;strange.example.test&quot;] }" in answer.text
    said = "strange: Vite refuses the host strange.example.test; in vite.config.js, write server:"
    devserve.wait_for(lambda: said in devserve.output, "the setting is said")


@pytest.mark.parametrize("host", ["known.example.test", "also.example.test"])
def test_vite_is_told_the_hosts_by_its_environment(vite: tuple[Path, Running, str, Path], host: str) -> None:
    _, _, at, ca = vite
    answer = ask(f"https://{host}{at}/", ca, Accept="text/html")
    assert answer.status == 200
    assert "/@vite/client" in answer.text
