"""Plugins in a whole devserve: what becomes of the ones that fail, and what is shown of the ones that do not."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from support.fleet_client import ask
from support.fleet_home import Home, new_home, repository
from support.fleet_running import Running, free_port, running, until
from support.fleet_stage import export_ca

FAILING = """
from devserve import hookimpl

@hookimpl
def devserve_output(line):
    raise KeyError(line)
"""
SERVICE = """
[project]
plugins = ["failing.py"]
[services.web]
command = ["python3", "-c", "print(1, flush=True); import time; time.sleep(60)"]
ready = { log = "1" }
"""


def ports() -> tuple[str, ...]:
    return ("--https-port", str(free_port()), "--http-port", "0")


@pytest.mark.parametrize(("arguments", "ends"), [(("--trace-hooks",), False), (("--strict-plugins",), True)])
def test_a_hook_that_fails_while_devserve_runs_ends_it_only_when_strict(
    tmp_path: Path, arguments: tuple[str, ...], ends: bool
) -> None:
    root = repository(tmp_path, SERVICE)
    (root / "failing.py").write_text(FAILING)
    home = new_home(tmp_path)
    with running(home, *ports(), *arguments, cwd=root) as devserve:
        if ends:
            assert devserve.wait_end() == 1
            assert "devserve ends, as --strict-plugins asks" in devserve.output
            return
        devserve.wait_ready("web")
        devserve.wait_for(lambda: "devserve goes on without it" in devserve.output, "the failure is said")
        assert "failing.py:6: KeyError: '1'; devserve goes on without it" in devserve.output
        assert "web: devserve_watch of devserve, " in devserve.output
        assert "raised KeyError" in devserve.output
        listed = json.loads(home.devserve("plugins", "list", "--json", cwd=root).stdout)["plugins"]
        (failing,) = [each for each in listed if each["name"] == str(root / "failing.py")]
        assert failing["hooks"][0]["calls"] >= 1


SERVING = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]
WITH_PLUGIN = f"""
[project]
plugins = ["tool.py"]
[services.web]
command = {SERVING}
"""
FIELD = """
from devserve import hookimpl

@hookimpl
def devserve_response_headers(headers):
    headers.add(b"X-Tool", b"one")
"""
ALONE = """
[project]
plugins = ["tool.py"]
"""
STUCK = """
from devserve import hookimpl

@hookimpl
def devserve_request_headers(request):
    while request.target == b"/stuck": pass
"""
DISCOVERS = """
import asyncio
from devserve import Service, hookimpl

@hookimpl
async def devserve_discover(project):
    while True:
        yield [
            Service(each.name, each, f"{each.name}.localhost", command=COMMAND)
            for each in sorted(project.root.glob("found/*"))
        ]
        await asyncio.sleep(0.05)
""".replace("COMMAND", str(tuple(SERVING)))


def test_a_plugin_that_is_saved_counts_from_then_on_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path, WITH_PLUGIN)
    (root / "tool.py").write_text(FIELD)
    home, port = new_home(tmp_path), free_port()
    with running(home, "--https-port", str(port), "--http-port", "0", cwd=root) as devserve:
        devserve.wait_ready("web")
        ca = export_ca(home, root)
        pid = devserve.listener_on(devserve.rows["web"].port)

        def field() -> str | None:
            return ask(f"https://web.localhost:{port}/", ca).headers["X-Tool"]

        assert field() == "one"
        (root / "tool.py").write_text(FIELD.replace("headers.add", "headers.add(("))
        home.devserve("allow", "--yes", cwd=root)
        devserve.wait_for(lambda: "SyntaxError" in devserve.output, "the mistake is said")
        assert f"{root / 'tool.py'}:6: SyntaxError" in devserve.output
        assert field() == "one"
        (root / "tool.py").write_text(FIELD.replace("one", "two"))
        assert home.devserve("allow", "--yes", cwd=root).returncode == 0
        until(lambda: field() == "two", "the new plugin counts")
        assert devserve.listener_on(devserve.rows["web"].port) == pid


def test_a_request_goes_on_without_a_hook_that_never_returns(tmp_path: Path) -> None:
    root = repository(tmp_path, WITH_PLUGIN)
    (root / "tool.py").write_text(STUCK)
    home, port = new_home(tmp_path), free_port()
    with running(home, "--https-port", str(port), "--http-port", "0", cwd=root) as devserve:
        devserve.wait_ready("web")
        ca = export_ca(home, root)
        assert ask(f"https://web.localhost:{port}/stuck", ca).status == 404  # python3 -m http.server's answer
        assert ask(f"https://web.localhost:{port}/", ca).status == 200
        said = f"web: {root}/tool.py:6: devserve_request_headers was interrupted after 5 seconds"
        devserve.wait_for(lambda: said in devserve.output, "it is named with its line")


def test_discovered_services_come_and_go(tmp_path: Path) -> None:
    root = repository(tmp_path, WITH_PLUGIN)
    (root / "tool.py").write_text(DISCOVERS)
    (root / "found").mkdir()
    home, port = new_home(tmp_path), free_port()
    with running(home, "--https-port", str(port), "--http-port", "0", cwd=root) as devserve:
        devserve.wait_ready("web")
        ca = export_ca(home, root)
        (root / "found" / "late").mkdir()
        (root / "found" / "late" / "index.html").write_text("<h1>late</h1>")
        devserve.wait_for(lambda: "discovered: late is new" in devserve.output, "it comes")
        assert "<h1>late</h1>" in ask(f"https://late.localhost:{port}/", ca).text
        assert standing(home) == {"web": "ready", "late": "ready"}
        before = services_of(devserve)
        (root / "tool.py").write_text(f"{DISCOVERS}\n")
        assert home.devserve("allow", "--yes", cwd=root).returncode == 0
        devserve.wait_for(lambda: "tool.py: web changes" in devserve.output, "the plugin is loaded anew")
        assert services_of(devserve) == before
        assert "late is gone" not in devserve.output
        (root / "found" / "late" / "index.html").unlink()
        (root / "found" / "late").rmdir()
        devserve.wait_for(lambda: "late is gone" in devserve.output, "it goes")
        assert ask(f"https://web.localhost:{port}/", ca).status == 200
        until(lambda: len(services_of(devserve)) == 1, "its process is gone")
        assert standing(home) == {"web": "ready"}


def test_services_are_discovered_where_there_is_no_other(tmp_path: Path) -> None:
    root = repository(tmp_path, ALONE)
    (root / "tool.py").write_text(DISCOVERS)
    home, port = new_home(tmp_path), free_port()
    with running(home, "--https-port", str(port), "--http-port", "0", cwd=root) as devserve:
        devserve.wait_for(lambda: "no service yet: plugins look for some" in devserve.output, "it has started")
        for name in ("early", "late"):
            (root / "found" / name).mkdir(parents=True)
            said = f"{name} answers at https://{name}.localhost:{port}/"
            devserve.wait_for(lambda said=said: said in devserve.output, "it comes")
            assert ask(f"https://{name}.localhost:{port}/", export_ca(home, root)).status == 200
            (root / "found" / name).rmdir()
            devserve.wait_for(lambda name=name: f"{name} is gone" in devserve.output, "it goes")
        assert "Traceback" not in devserve.output


def standing(home: Home) -> dict[str, str]:
    shown = json.loads(home.devserve("status", "--json", cwd=home.path).stdout)["services"]
    return {each["name"]: each["state"] for each in shown}


def services_of(devserve: Running) -> list[str]:
    found = []
    for each in devserve.children():
        with suppress(psutil.NoSuchProcess):  # it has just ended
            found.append(" ".join(each.cmdline()))
    return [each for each in found if "http.server" in each]
