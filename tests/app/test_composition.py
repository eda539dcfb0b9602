import asyncio
import os
import re
import signal
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from devserve import plugins
from devserve.app.composition import FAILED, INTERRUPTED, Devserve, Options
from devserve.app.gateway import Ports
from devserve.config.values import Livereload, Origin, Project, Service, Then, WatchRule
from devserve.fleet import Planned
from devserve.proxy.overview import Row
from support.authority import authority, trusting
from support.proxied import free_port, listening, run, until

SERVER = """
import http.server, os
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(os.environ["PORT"]), bind="127.0.0.1")
"""


class Report:
    """Keeps what it is shown; on the table, does what the test wants. There is no person at it."""

    is_live = False

    def status(self, status: object) -> None:
        assert status is None

    def redraw(self) -> None:
        raise AssertionError

    def flush(self) -> None:
        raise AssertionError

    def note(self, text: str, style: str = "") -> None:
        self.lines.append(text)

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.shown: list[Row] = []
        self.tabled = asyncio.Event()

    def names(self, names: Sequence[str]) -> None:
        self.lines.append(f"names {', '.join(names)}")

    def line(self, service: str, text: str) -> None:
        self.lines.append(f"{service}: {text}")

    def table(self, rows: Sequence[Row]) -> None:
        self.shown = list(rows)
        self.tabled.set()


def planned(folder: Path, name: str, *command: str, **fields) -> Planned:
    fields.setdefault("watch", ())
    service = Service(name, folder, f"{name}.test", command=command, **fields)
    return Planned(service, plugins.load(Project(folder / "devserve.toml")), free_port())


def devserve_of(report: Report, *services: Planned) -> tuple[Devserve, int]:
    https = listening()
    return Devserve(services, authority(), {}, Ports(https, None), report), https.port


async def page(port: int, host: str, path: str = "/") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(), server_hostname=host)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


def test_serves_starts_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "index.html").write_text("<!doctype html><h1>hello</h1>")

    async def conversation() -> None:
        report = Report()
        service = planned(tmp_path, "web", sys.executable, "-c", SERVER)
        devserve, port = devserve_of(report, service)
        running = asyncio.get_running_loop().create_task(devserve.run(Options()))
        await report.tabled.wait()
        (row,) = report.shown
        assert re.fullmatch(r"ready in \d\.\d s", row.state)
        assert row == Row("web", f"https://web.test:{port}/", str(service.port), row.state)
        answer = await page(port, "web.test")
        assert b"<h1>hello</h1>" in answer
        assert f"https://livereload.web.test:{port}/livereload.js?port={port}".encode() in answer
        assert b"LiveReload" in await page(port, "livereload.web.test", "/livereload.js")
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == INTERRUPTED
        assert psutil.Process().children() == []

    run(conversation())


def test_services_start_after_those_that_they_need(tmp_path):
    async def conversation() -> None:
        report = Report()
        devserve, _ = devserve_of(
            report,
            planned(tmp_path, "web", sys.executable, "-c", "print('web')\n" + SERVER, needs=("api",)),
            planned(tmp_path, "api", sys.executable, "-c", "print('api')\n" + SERVER),
        )
        running = asyncio.get_running_loop().create_task(devserve.run(Options()))
        await report.tabled.wait()
        assert [line for line in report.lines if line in ("web: web", "api: api")] == ["api: api", "web: web"]
        os.kill(os.getpid(), signal.SIGTERM)
        await running

    run(conversation())


@pytest.mark.parametrize(("mendable", "status"), [(False, FAILED), (True, INTERRUPTED)])
def test_a_fleet_that_cannot_run_ends_unless_a_save_may_mend_it(tmp_path, mendable, status):
    async def conversation() -> None:
        report = Report()
        rules = (WatchRule(("*.py",), then=Then.RESTART),) if mendable else ()
        devserve, _ = devserve_of(
            report, planned(tmp_path, "web", sys.executable, "-c", "raise SystemExit(3)", watch=rules)
        )
        running = asyncio.get_running_loop().create_task(devserve.run(Options()))
        await report.tabled.wait()
        assert [row.state for row in report.shown] == ["exited"]
        if mendable:
            os.kill(os.getpid(), signal.SIGINT)
        assert await running == status

    run(conversation())


def test_a_service_may_bring_its_own_livereload_or_be_elsewhere(tmp_path):
    async def conversation() -> None:
        own = await asyncio.start_server(answer_own, "127.0.0.1", 0)
        port_of_own = own.sockets[0].getsockname()[1]
        report = Report()
        devserve, port = devserve_of(
            report,
            planned(tmp_path, "gulp", livereload=Livereload(source=port_of_own), upstream=Origin(port=port_of_own)),
        )
        running = asyncio.get_running_loop().create_task(devserve.run(Options()))
        await report.tabled.wait()
        assert report.shown[0].port == f"http://127.0.0.1:{port_of_own}"
        assert (await page(port, "livereload.gulp.test", "/livereload.js")).endswith(b"own")
        os.kill(os.getpid(), signal.SIGTERM)
        await running
        own.close()

    run(conversation())


def test_what_a_plugin_answers_for_is_in_the_table_without_a_port(tmp_path):
    async def conversation() -> None:
        report = Report()
        devserve, port = devserve_of(report, planned(tmp_path, "mail"))
        running = asyncio.get_running_loop().create_task(devserve.run(Options()))
        await report.tabled.wait()
        assert [(row.port, row.state) for row in report.shown] == [("in devserve", "ready")]
        assert b"nobody answers for mail" in await page(port, "mail.test")
        devserve.stop()
        await running

    run(conversation())


def test_open_says_where_the_dashboard_is_when_there_is_no_browser(tmp_path, monkeypatch):
    def no_browser() -> None:
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", no_browser)

    async def conversation() -> None:
        report = Report()
        devserve, port = devserve_of(report, planned(tmp_path, "web"))
        running = asyncio.get_running_loop().create_task(devserve.run(Options(open=True)))
        said = f"there is no browser to open here; the page is https://devserve.localhost:{port}/"
        await until(lambda: said in report.lines)
        os.kill(os.getpid(), signal.SIGTERM)
        await running

    run(conversation())


async def answer_own(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown")
    await writer.drain()
    writer.close()
