"""What a user gets for a mistake: a sentence with its fix, the right exit status, nothing lost, no traceback."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from support.fleet_home import Home, new_home, repository
from support.fleet_running import free_port, running

SERVICE = '[services.{name}]\ncommand = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]\n'
GOOD = SERVICE.format(name="one")

WRONG_FILES = {
    "broken TOML": ("[services.one\n", ["devserve.toml:1:"]),
    "a text without its end": ('[project]\ndomain = "shop.test\n', ["devserve.toml:2:"]),
    "an unknown key": (GOOD + "pth = '/'\n", ["devserve.toml:3:1: ", '"pth"', '"path"']),
    "an unknown table": ("[service.one]\nport = 1\n", ["devserve.toml:1:", '"services"']),
    "a wrong type": (GOOD + 'port = "many"\n', ["devserve.toml:3:", "port"]),
    "two mistakes at once": (
        GOOD + "pth = '/'\nprot = 1\n",
        ['"pth"', '"prot"', "devserve.toml:3:", "devserve.toml:4:"],
    ),
    "two services at one place": (
        GOOD + 'host = "x.localhost"\n' + SERVICE.format(name="two") + 'host = "x.localhost"\n',
        ["one", "two", "x.localhost", "path"],
    ),
    "needs what is not there": (GOOD + 'needs = ["database"]\n', ["devserve.toml:3:", "database"]),
    "includes what is not there": ('[project]\ninclude = ["../gone"]\n' + GOOD, ["devserve.toml:2:", "../gone"]),
    "a plugin that is not there": ('[project]\nplugins = ["gone.py"]\n' + GOOD, ["gone.py"]),
    "a command with an open quote": ("[services.one]\ncommand = 'say \"hello'\n", ["devserve.toml:2:", "command"]),
}  # fmt: skip

WRONG_PLUGINS = {
    "a plugin with a mistake in its syntax": ("def broken(:\n", ["plugin.py"]),
    "a plugin that imports what is not there": ("import no_such_module\n", ["plugin.py", "no_such_module"]),
    "a hook that does not exist": (
        "from devserve import hookimpl\n\n@hookimpl\ndef devserve_servces(project):\n    return []\n",
        ["plugin.py", "devserve_servces"],
    ),
    "a plugin that raises": (
        "from devserve import hookimpl\n\n@hookimpl\ndef devserve_services(project):\n    return [1 / 0]\n",
        ["plugin.py:5", "ZeroDivisionError"],
    ),
    "a plugin that returns nonsense": (
        "from devserve import hookimpl\n\n@hookimpl\ndef devserve_services(project):\n    return ['docs']\n",
        ["plugin.py", "devserve_services", "Service"],
    ),
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which devserve never ran."""
    return new_home(tmp_path)


def quiet_ports() -> tuple[str, ...]:
    return ("--https-port", str(free_port()), "--http-port", "0")


def assert_refused(ended: subprocess.CompletedProcess[str], status: int, said: list[str]) -> None:
    assert ended.returncode == status, ended.stderr
    assert ended.stdout == ""
    assert [text for text in said if text not in ended.stderr.replace("\n", " ") and text not in ended.stderr] == []
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", [("run", "--yes", *quiet_ports()), ("check",)], ids=["run", "check"])
@pytest.mark.parametrize(("text", "said"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_wrong_file_is_refused(home: Home, tmp_path: Path, text: str, said: list[str], command: list[str]) -> None:
    root = repository(tmp_path, text)
    assert_refused(home.devserve(*command, cwd=root), 2, said)


@pytest.mark.parametrize(("plugin", "said"), WRONG_PLUGINS.values(), ids=WRONG_PLUGINS)
def test_a_wrong_plugin_is_refused(home: Home, tmp_path: Path, plugin: str, said: list[str]) -> None:
    root = repository(tmp_path, '[project]\nplugins = ["plugin.py"]\n' + GOOD)
    (root / "plugin.py").write_text(plugin)
    assert_refused(home.devserve("run", "--yes", *quiet_ports(), cwd=root), 2, said)


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_folder_without_a_file_is_told_how_to_start(home: Home, tmp_path: Path, command: str) -> None:
    assert_refused(home.devserve(command, cwd=tmp_path), 2, ["devserve.toml", "devserve init"])


def test_a_path_that_does_not_exist_is_named(home: Home, tmp_path: Path) -> None:
    assert_refused(home.devserve("run", "--yes", "gone", cwd=tmp_path), 2, ["gone"])


def test_a_port_that_is_taken_is_named_with_who_has_it(home: Home, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = str(holder.getsockname()[1])
        ended = home.devserve("run", "--yes", "--https-port", taken, "--http-port", "0", cwd=repository(tmp_path, GOOD))
    assert_refused(ended, 1, [taken, f"pid {os.getpid()}", "--https-port"])


def test_without_the_port_for_plain_http_the_rest_is_served(home: Home, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = str(holder.getsockname()[1])
        ports = ("--https-port", str(free_port()), "--http-port", taken)
        with running(home, *ports, cwd=repository(tmp_path, GOOD)) as devserve:
            devserve.wait_ready("one")
            assert f"plain HTTP is off: port {taken} is taken" in devserve.output


def test_a_service_port_that_is_taken_is_named(home: Home, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        root = repository(tmp_path, GOOD + f"port = {taken}\n")
        with running(home, *quiet_ports(), cwd=root) as devserve:
            devserve.wait_for(lambda: f"port {taken}" in devserve.output, "the port is named")


def test_a_service_may_not_have_the_port_that_devserve_serves(home: Home, tmp_path: Path) -> None:
    port = free_port()
    root = repository(tmp_path, GOOD + f"port = {port}\n")
    refused = home.devserve("run", "--yes", "--https-port", str(port), "--http-port", "0", cwd=root)
    assert refused.returncode == 2
    assert f"[services.one]: port {port} is devserve's own" in refused.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ('"no-such-program --serve"', ["one", "no-such-program", "PATH"]),
        ('["sh", "-c", "echo out of coffee; exit 3"]', ["one", "out of coffee", "3"]),
    ],
    ids=["a command that does not exist", "a service that exits at once"],
)
def test_a_service_that_does_not_start_is_explained(home: Home, tmp_path: Path, command: str, said: list[str]) -> None:
    root = repository(tmp_path, f"[services.one]\ncommand = {command}\n" + SERVICE.format(name="two"))
    with running(home, *quiet_ports(), cwd=root) as devserve:
        devserve.wait_for(lambda: all(text in devserve.output for text in said), str(said))
        devserve.wait_ready("two")  # the others run on
        assert "Traceback" not in devserve.output


@pytest.fixture
def keys(home: Home, tmp_path: Path) -> list[Path]:
    """The files of an existing CA that hold its key."""
    root = repository(tmp_path, GOOD)
    assert home.devserve("env", cwd=root).returncode == 0
    return [path for path in home.state.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]


def test_a_key_that_others_may_read_is_refused(home: Home, tmp_path: Path, keys: list[Path]) -> None:
    for key in keys:
        key.chmod(0o644)
    ended = home.devserve("run", "--yes", *quiet_ports(), cwd=tmp_path / "repository")
    assert_refused(ended, 1, [str(keys[0]), "chmod 600"])


def test_a_ca_that_cannot_be_read_is_never_made_anew(home: Home, tmp_path: Path, keys: list[Path]) -> None:
    key = keys[0]
    key.unlink()
    key.mkdir()
    ended = home.devserve("run", "--yes", *quiet_ports(), cwd=tmp_path / "repository")
    assert_refused(ended, 1, [str(key)])
    assert key.is_dir()


def test_a_ca_that_is_garbage_is_never_made_anew(home: Home, tmp_path: Path, keys: list[Path]) -> None:
    keys[0].write_text("garbage\n")
    ended = home.devserve("run", "--yes", *quiet_ports(), cwd=tmp_path / "repository")
    assert_refused(ended, 1, [str(keys[0])])
    assert keys[0].read_text() == "garbage\n"


@pytest.mark.parametrize("command", [("run", "--yes", *quiet_ports()), ("env",), ("setup", "--yes", "--store", "nss")])
def test_a_home_that_cannot_be_written_is_named(home: Home, tmp_path: Path, command: tuple[str, ...]) -> None:
    home.state.write_text("a file where a folder should be\n")
    ended = home.devserve(*command, cwd=repository(tmp_path, GOOD))
    assert_refused(ended, 1, [str(home.state), "DEVSERVE_HOME"])
    assert home.state.read_text() == "a file where a folder should be\n"


def test_exec_names_a_command_that_does_not_exist(home: Home, tmp_path: Path) -> None:
    ended = home.devserve("exec", "--", "no-such-program", cwd=repository(tmp_path, GOOD))
    assert ended.returncode in (1, 2, 127)
    assert "no-such-program" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_debug_shows_the_traceback(home: Home, tmp_path: Path) -> None:
    ended = home.devserve("--debug", "check", cwd=tmp_path)
    assert ended.returncode != 0
    assert "Traceback" in ended.stderr


def test_a_dry_run_of_setup_does_nothing(home: Home, tmp_path: Path) -> None:
    planned = home.devserve("setup", "--dry-run", "--store", "nss", cwd=repository(tmp_path, GOOD))
    assert planned.returncode == 0, planned.stderr
    assert [path for path in home.path.rglob("*") if path.is_file()] == []


def test_without_a_running_devserve_reload_says_how_to_start_it(tmp_path: Path) -> None:
    answer = new_home(tmp_path).devserve("reload", cwd=tmp_path)
    assert answer.returncode == 1
    assert "no devserve runs here; start it with: devserve run" in answer.stderr
