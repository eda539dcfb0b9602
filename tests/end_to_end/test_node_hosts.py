"""Real development servers of Node behind devserve, at a host of production's shape: they answer, and update hot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support import generated
from support.browser_drive import chromium, watched
from support.browser_find import need_browser
from support.fleet_client import Answer, ask
from support.fleet_home import Home, new_home
from support.fleet_running import free_port
from support.fleet_stage import export_ca
from support.generated import Edit, Generator
from support.node_stage import served, wait_at_rest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

MILLISECONDS = 60_000  # they compile when they are asked first
HOST, ALIAS, ELSEWHERE = "shop.example.test", "www.example.test", "elsewhere.example.test"
KNOWN = """[services.shop]
host = "{host}"
aliases = ["{alias}"]
port = {port}"""
UNKNOWN = """
[services.elsewhere]
host = "{host}"
port = {port}
"""


@dataclass(frozen=True)
class Server:
    """A development server in a new repository."""

    generate: Generator
    edit: Edit
    connected: str  # what its client prints, or says to the server, when it hears of edits
    name: str  # who refuses a host that it is not told
    setting: str  # what has to be written then
    refused: str = "/"  # a path that it refuses at such a host
    at_alias: int = 200  # the status of that path at the service's alias


SERVERS = {
    "webpack": Server(
        generated.webpack,
        Edit("src/word.js", "one", "two"),
        "Hot Module Replacement enabled",
        "webpack-dev-server",
        "allowedHosts",
    ),
    "next": Server(
        generated.next_js,
        Edit("app/page.js", "one", "two"),
        "client-success",  # said after what it wants to hear of; "[HMR] connected" is printed before
        "Next.js",
        "allowedDevOrigins",
        refused="/_next/nothing.js",
        at_alias=404,
    ),
    "angular": Server(
        generated.angular,
        Edit("src/app.ts", ">one<", ">two<"),
        "[vite] connected",
        "Angular",
        "allowedHosts",
        at_alias=403,  # its Vite takes one host
    ),
}
LONG = {"angular": pytest.mark.long}  # it installs more than all others together


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which devserve never ran."""
    return new_home(tmp_path, NEXT_TELEMETRY_DISABLED="1")


@pytest.mark.parametrize("server", [pytest.param(SERVERS[each], id=each, marks=LONG.get(each, ())) for each in SERVERS])
def test_a_server_answers_at_the_services_hosts_and_updates_hot(server: Server, home: Home, tmp_path: Path) -> None:
    root, port = tmp_path / "shop", free_port()
    server.generate(root)
    configure(home, root, port)
    with (
        served(home, root, "shop") as (devserve, https),
        chromium(need_browser(), home, domain="example.test") as context,
    ):
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        seen = watched(page)
        spoken: list[str] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda text: spoken.append(str(text))))
        page.goto(f"https://{HOST}:{https}/")
        expect(page.locator("h1")).to_have_text("one", timeout=MILLISECONDS)
        seen.until(lambda: server.connected in str(seen.console + spoken), "the hot client hears of edits")
        # Next.js computes what it compares with after the page is there: a save before that is the first state to it.
        wait_at_rest(devserve, MILLISECONDS / 1000)
        page.evaluate("window.marked = true")
        server.edit.save(root)
        expect(page.locator("h1")).to_have_text("two", timeout=MILLISECONDS)
        assert page.evaluate("window.marked") is True
        assert all(url.startswith(f"wss://{HOST}:{https}/") for url in seen.sockets)
        assert [status for status in seen.statuses if status[0] == 403] == []
        assert f"refuses the host {HOST}" not in devserve.output

        ca = export_ca(home, root)

        def asked(host: str) -> Answer:
            origin = f"https://{host}:{https}"
            return ask(f"{origin}{server.refused}", ca, Origin=origin)

        assert asked(ALIAS).status == server.at_alias
        refusal = asked(ELSEWHERE)
        assert (refusal.status, server.name in refusal.text, server.setting in refusal.text) == (403, True, True)


def configure(home: Home, root: Path, port: int) -> None:
    """Write what `devserve init` writes, at hosts that are not below localhost, and one that the server is not told."""
    assert home.devserve("init", cwd=root).returncode == 0
    file = root / "devserve.toml"
    known, unknown = KNOWN.format(host=HOST, alias=ALIAS, port=port), UNKNOWN.format(host=ELSEWHERE, port=port)
    file.write_text(file.read_text().replace("[services.shop]", known, 1) + unknown)
    setup = home.devserve("setup", "--yes", "--store", "nss", cwd=root)
    assert setup.returncode == 0, setup.stderr
