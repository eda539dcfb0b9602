"""A browser's livereload extension on a page into which devserve puts nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.browser_drive import chromium, watched
from support.browser_find import need_browser
from support.fleet_home import new_home, repository
from support.fleet_running import free_port, running

pytestmark = pytest.mark.browser

CONFIGURATION = """
[services.page]
command = "python3 -m http.server --bind 127.0.0.1 $PORT"
livereload.inject = false
"""
MANIFEST = {
    "manifest_version": 3,
    "name": "livereload",
    "version": "1",
    "content_scripts": [{"matches": ["https://*/*"], "js": ["content.js"], "world": "MAIN"}],
}
# What such extensions do when their button is pressed, with the host and port that a user gives them.
CONTENT = """const script = document.createElement("script");
script.src = "https://HOST:PORT/livereload.js?ext=Chrome&extver=2.1.0&host=HOST&port=PORT";
document.head.append(script);
"""


def test_an_extension_reloads_the_page(tmp_path: Path) -> None:
    executable, home = need_browser(), new_home(tmp_path)
    root = repository(tmp_path, CONFIGURATION)
    (root / "index.html").write_text("<!doctype html><title>before</title>")
    setup = home.devserve("setup", "--yes", "--store", "nss", cwd=root)
    assert setup.returncode == 0, setup.stderr
    port = free_port()
    extension = tmp_path / "extension"
    extension.mkdir()
    (extension / "manifest.json").write_text(json.dumps(MANIFEST))
    (extension / "content.js").write_text(
        CONTENT.replace("HOST", "livereload.page.localhost").replace("PORT", str(port))
    )
    with (
        running(home, "--https-port", str(port), "--http-port", "0", root, cwd=root) as devserve,
        chromium(executable, home, extension) as browser,
    ):
        devserve.wait_ready("page")
        page = browser.new_page()
        seen = watched(page)
        answer = page.goto(f"https://page.localhost:{port}/")
        assert answer is not None
        assert answer.headers["x-devserve"].startswith("not injected")
        seen.until(lambda: seen.greeted, "the extension's socket is greeted")
        (root / "index.html").write_text("<!doctype html><title>after</title>")
        seen.until(lambda: page.title() == "after", "the page is loaded again")
