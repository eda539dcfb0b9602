"""`devserve run` from a terminal: what it serves, how it ends, what it leaves behind."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest

from support.fleet_client import ask
from support.fleet_home import Home, copy_of_fleet, new_home, repository
from support.fleet_running import Running, free_port, is_alive, running, until
from support.fleet_stage import FLEET, Stage, export_ca

SECONDS_TO_END = 5.0
SHOWS_ITS_TRUST = """
[services.web]
command = [
  "python3",
  "-c",
  "import http.server, os; [print(f'{name}={os.environ[name]}', flush=True) for name in ('NODE_EXTRA_CA_CERTS', \
'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO')]; \
http.server.test(port=int(os.environ['PORT']), bind='127.0.0.1')",
]
"""


def ports(home: Home) -> tuple[str, ...]:
    return ("--https-port", str(free_port()), "--http-port", "0")


def test_the_table_names_each_service_with_its_url(stage: Stage) -> None:
    urls = {name: row.url.rstrip("/") for name, row in stage.running.rows.items()}
    base = f"fleet.localhost:{stage.https_port}"
    assert urls == {
        "web": f"https://web.{base}",
        "contacts": f"https://contacts.{base}",
        "dashboard": f"https://web.{base}/dashboard",
        "docs": f"https://docs.{base}",
    }


def test_other_machines_reach_nothing_unless_bind_says_so(stage: Stage) -> None:
    everything = [psutil.Process(stage.running.process.pid), *stage.running.children()]
    found = [each for process in everything for each in process.net_connections("inet")]
    listening = {(each.laddr.ip, each.laddr.port) for each in found if each.status == psutil.CONN_LISTEN}
    assert {("127.0.0.1", port) for port in (stage.https_port, stage.http_port)} < listening
    assert {ip for ip, _ in listening} <= {"127.0.0.1", "::1"}


def test_services_print_behind_their_names(stage: Stage) -> None:
    assert re.search(r"^contacts +\S contacts listens on http://127\.0\.0\.1:\d+$", stage.running.output, re.MULTILINE)


def test_a_page_gets_the_snippet_and_says_so(stage: Stage) -> None:
    answer = stage.ask("web")
    assert answer.headers["X-Devserve"] == "injected"
    source = f"https://livereload.web.fleet.localhost:{stage.https_port}/livereload.js?port={stage.https_port}"
    assert f'<script src="{source}&amp;mindelay=100&amp;maxdelay=800"></script>' in answer.text
    script = ask(source, stage.ca)
    assert script.status == 200
    assert "javascript" in script.headers["Content-Type"]


def test_the_policy_admits_the_snippet_and_nothing_else(stage: Stage) -> None:
    policy = stage.ask("web").headers["Content-Security-Policy"]
    origin = f"livereload.web.fleet.localhost:{stage.https_port}"
    assert f"script-src 'self' https://{origin};" in policy
    assert f"connect-src 'self' wss://{origin};" in policy
    assert f"frame-src https://contacts.fleet.localhost:{stage.https_port};" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["web.fleet.localhost", "livereload.web.fleet.localhost", "devserve.localhost"])
def test_plain_http_gives_the_public_certificate_and_its_fingerprint_at_every_host(stage: Stage, host: str) -> None:
    answer = ask(f"http://{host}:{stage.http_port}/.well-known/devserve-ca")
    assert (answer.status, answer.text) == (200, stage.ca.read_text())
    shown = json.loads(stage.home.devserve("ca", "show", "--json", cwd=stage.folder).stdout)
    assert answer.headers["X-Devserve-Fingerprint"].replace(":", "").lower() == shown["sha256"]
    page = ask(f"http://{host}:{stage.http_port}/.well-known/devserve-ca", Accept="text/html")
    assert answer.headers["X-Devserve-Fingerprint"] in page.text


def test_the_public_certificate_is_not_for_other_hosts(stage: Stage) -> None:
    answer = ask(f"http://attacker.example:{stage.http_port}/.well-known/devserve-ca")
    assert answer.status != 200
    assert "CERTIFICATE" not in answer.text


def test_a_started_service_trusts_the_other_services_by_itself(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    root = repository(tmp_path, SHOWS_ITS_TRUST)
    with running(home, *ports(home), cwd=root) as devserve:
        devserve.wait_ready("web")
        said = dict(re.findall(r"^web +\S (\w+)=(\S+)$", devserve.output, re.MULTILINE))
    expected = json.loads(home.devserve("env", "--json", cwd=root).stdout)
    assert said
    assert said == {name: expected[name] for name in said}
    public, roots = (Path(said[name]).read_text() for name in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"))
    assert public in roots
    assert roots.count("BEGIN CERTIFICATE") > 20  # the public roots as well


def test_a_service_is_told_where_all_services_answer(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    said = "import os; [print(name, os.environ[name]) for name in sorted(os.environ) if '_URL_' in name]"
    root = repository(
        tmp_path,
        '[project]\ndomain = "shop.localhost"\n'
        f'[services.web]\ncommand = ["python3", "-c", {json.dumps(said)}]\n'
        '[services.contacts-api]\nport = 3001\npath = "/v1"\n',
    )
    port = str(free_port())
    with running(home, "--https-port", port, "--http-port", "0", cwd=root) as devserve:
        devserve.wait_for(lambda: "_URL_WEB" in devserve.output, "what the service said")
    assert re.findall(r"DEVSERVE_URL_\S+ \S+", devserve.output) == [
        f"DEVSERVE_URL_CONTACTS_API https://contacts-api.shop.localhost:{port}/v1",
        f"DEVSERVE_URL_WEB https://web.shop.localhost:{port}",
    ]


def test_plain_http_answers_too(stage: Stage) -> None:
    answer = ask(f"http://web.fleet.localhost:{stage.http_port}/")
    assert answer.status == 200
    assert answer.headers["X-Devserve"] == "injected"
    assert f"http://livereload.web.fleet.localhost:{stage.http_port}/livereload.js" in answer.text


def test_the_plugin_serves_its_folder(stage: Stage) -> None:
    assert "Contacts API" in stage.ask("docs").text


@pytest.mark.parametrize(("name", "value"), [("contacts", "strict-origin"), ("docs", "strict-origin"), ("web", None)])
def test_the_plugin_adds_its_header_to_the_services_of_its_repository(
    stage: Stage, name: str, value: str | None
) -> None:
    assert stage.ask(name).headers["Referrer-Policy"] == value


def test_the_overview_lists_every_service(stage: Stage) -> None:
    overview = ask(f"https://devserve.localhost:{stage.https_port}/", stage.ca)
    assert overview.status == 200
    assert [row.url for row in stage.running.rows.values() if row.url not in overview.text] == []


def test_a_host_that_nobody_has_is_told_the_ones_that_are(stage: Stage) -> None:
    answer = ask(f"http://nobody.fleet.localhost:{stage.http_port}/", Accept="text/html")
    assert answer.status == 503
    assert f"http://web.fleet.localhost:{stage.http_port}/" in answer.text


def test_a_second_devserve_of_the_same_services_says_who_has_them(stage: Stage, tmp_path: Path) -> None:
    port = str(stage.https_port)
    second = stage.home.devserve("run", "--yes", "--https-port", port, "--http-port", "0", stage.folder, cwd=tmp_path)
    assert second.returncode == 2
    assert f"served by the devserve of {stage.folder}" in second.stderr
    assert f"(pid {stage.running.process.pid})" in second.stderr
    assert "--sub-name" in second.stderr
    assert "Traceback" not in second.stderr
    assert stage.ask("web").status == 200


@pytest.fixture
def short_lived(tmp_path: Path) -> tuple[Home, Path]:
    """A home and a fleet for one test."""
    return new_home(tmp_path), copy_of_fleet(tmp_path)


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(map(is_alive, processes))


def start(devserve: Running) -> list[psutil.Process]:
    """Wait for the fleet; return its processes."""
    devserve.wait_ready(*FLEET)
    children = devserve.children()
    assert len(children) >= len(FLEET)
    return children


def test_ctrl_c_ends_everything_within_five_seconds(short_lived: tuple[Home, Path]) -> None:
    home, fleet = short_lived
    with running(home, *ports(home), fleet, cwd=fleet) as devserve:
        children = start(devserve)
        devserve.interrupt()
        assert devserve.wait_end(SECONDS_TO_END) == 130
        assert all_gone(children)
        assert "Traceback" not in devserve.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_ways_to_end_it_leave_nothing_behind(short_lived: tuple[Home, Path], number: signal.Signals) -> None:
    home, fleet = short_lived
    with running(home, *ports(home), fleet, cwd=fleet) as devserve:
        children = start(devserve)
        devserve.process.send_signal(number)
        devserve.wait_end(SECONDS_TO_END)
        assert all_gone(children)
        assert "Traceback" not in devserve.output


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends the services of a killed devserve on Linux only")
def test_kill_9_leaves_no_service_running(short_lived: tuple[Home, Path]) -> None:
    home, fleet = short_lived
    with running(home, *ports(home), fleet, cwd=fleet) as devserve:
        children = start(devserve)
        devserve.process.kill()
        devserve.wait_end()
        until(lambda: all_gone(children), f"all gone of {children}", SECONDS_TO_END)


def test_a_folder_of_its_own_runs_alone(short_lived: tuple[Home, Path]) -> None:
    home, fleet = short_lived
    with running(home, *ports(home), cwd=fleet / "dashboard" / "static") as devserve:
        devserve.wait_ready("dashboard")
        assert set(devserve.rows) == {"dashboard"}


def test_sixty_seconds_from_init_to_the_first_page(tmp_path: Path) -> None:
    """README's way: a folder with a page in it, `devserve init`, `devserve run`."""
    home, folder = new_home(tmp_path), tmp_path / "hello"
    folder.mkdir()
    (folder / "index.html").write_text("<h1>Hello</h1>\n")
    assert home.devserve("init", cwd=folder).returncode == 0
    with running(home, *ports(home), cwd=folder) as devserve:
        devserve.wait_ready("hello")
        answer = ask(devserve.rows["hello"].url, export_ca(home, folder))
    assert answer.headers["X-Devserve"] == "injected"
    assert "<h1>Hello</h1>" in answer.text
