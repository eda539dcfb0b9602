"""Two repositories from one terminal, with services of one name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from support.at_a_terminal import CTRL_C, at_a_terminal
from support.fleet_client import ask
from support.fleet_home import Home, new_home
from support.fleet_running import Running, free_port, running
from support.fleet_stage import export_ca

SERVER = """
import http.server, os, sys

class Named(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())

print(sys.argv[1], "begins", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Named).serve_forever()
"""
SHOP = """
[project]
domain = "shop.localhost"
include = ["../conta*"]

[services.web]
command = ["{python}", "{server}", "the shop"]
needs = ["contacts/api"]

[services.api]
command = ["{python}", "{server}", "the shop's api"]
"""
CONTACTS = """
[project]
domain = "contacts.localhost"
include = ["../shop"]

[services.api]
command = ["{python}", "{server}", "the contacts' api"]
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    server = tmp_path / "server.py"
    server.write_text(SERVER)
    for name, text in (("shop", SHOP), ("contacts", CONTACTS)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "devserve.toml").write_text(text.format(python=sys.executable, server=server))
    return tmp_path


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    return new_home(tmp_path)


def served(home: Home, port: int, *arguments: str, cwd: Path) -> AbstractContextManager[Running]:
    return running(home, "--https-port", str(port), "--http-port", "0", *arguments, cwd=cwd)


def test_services_of_one_name_run_side_by_side(home: Home, work: Path) -> None:
    port = free_port()
    with served(home, port, cwd=work / "shop") as devserve:
        devserve.wait_ready("web", "shop/api", "contacts/api")
        ca = export_ca(home, work / "shop")
        for host, said in {
            "web.shop": "the shop", "api.shop": "the shop's api", "api.contacts": "the contacts' api",
        }.items():  # fmt: skip
            assert ask(f"https://{host}.localhost:{port}/", ca).text == said
        lines = [line for line in devserve.output.splitlines() if line.endswith("begins")]
        assert [line.split()[0] for line in lines].index("contacts/api") < [line.split()[0] for line in lines].index(
            "web"
        )
        for word, status in {"contacts/api": 0, "shop/web": 0, "api": 2}.items():
            assert home.devserve("reload", word, cwd=work).returncode == status


@pytest.mark.parametrize(("only", "labels"), [("contacts/api", {"contacts/api"}), ("web", {"web", "contacts/api"})])
def test_only_some_are_run_with_what_they_need(home: Home, work: Path, only: str, labels: set[str]) -> None:
    with served(home, free_port(), "--only", only, "shop", "contacts", cwd=work) as devserve:
        devserve.wait_ready(*labels)
        assert set(devserve.rows) == labels


def test_what_is_needed_from_a_checkout_beside_is_started_when_a_person_agrees(home: Home, work: Path) -> None:
    shop = work / "shop" / "devserve.toml"
    shop.write_text(shop.read_text().replace('include = ["../conta*"]', ""))
    ports = ("--https-port", str(free_port()), "--http-port", "0")
    with at_a_terminal(home, "run", *ports, "--only", "web", cwd=work / "shop") as devserve:
        devserve.wait_for(f"web needs contacts/api, which nobody runs. Start it too, from {work / 'contacts'}?")
        devserve.type("\n")
        for name in ("contacts", "shop"):
            devserve.wait_for(f"{work / name} would run this:")
            devserve.type("y\n")
        devserve.wait_for("https://web.shop.localhost")
        assert "https://api.contacts.localhost" in devserve.shown
        devserve.type(CTRL_C)
        assert devserve.wait_end() == 130
    with served(home, free_port(), cwd=work / "shop") as running_alone:
        running_alone.wait_ready("web")
        assert f"start it with: devserve run {work / 'contacts'}" in running_alone.output.replace("\n", " ")
